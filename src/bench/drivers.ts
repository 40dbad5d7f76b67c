import type { RedisPool } from '../backends/redis/pool.ts';
import type { Cache } from '../engine/index.ts';
import type { Outcome } from '../metrics/interval-series.ts';
import { CachectlError } from '../base/errors.ts';
import { keyName } from '../workload/key-names.ts';
import type { Operation } from '../workload/operations.ts';
import { type ValueMaker, verifyValue } from '../workload/values.ts';

/** Carries out operations on whatever is measured. */
export interface Driver {
  /** One operation on one key; `slot` is the connection, where there are several. Rejects when it failed. */
  execute(operation: Operation, keyIndex: number, slot: number): Promise<Outcome>;
}

/** Loads a key from the origin: gives the version of its data. */
export type LoadOrigin = (keyIndex: number) => Promise<number>;

type Succeeded = Exclude<Outcome, 'error'>;

/** The engine, as an application uses it. */
export function engineDriver(cache: Cache, loadOrigin: LoadOrigin, values: ValueMaker): Driver {
  let version = 1;
  const read = async (keyIndex: number, loads: boolean): Promise<Succeeded> => {
    const loader = async (): Promise<Uint8Array> => values.make(keyIndex, await loadOrigin(keyIndex));
    const { value, source } = await cache.resolve<Uint8Array>(keyName(keyIndex), loads ? loader : undefined);
    if (value !== undefined) verify(value, keyIndex);
    return source === undefined || source === 'loader' ? 'miss' : 'hit';
  };
  return byOperation({
    getOrLoad: (keyIndex) => read(keyIndex, true),
    get: (keyIndex) => read(keyIndex, false),
    set: async (keyIndex) => {
      await cache.set(keyName(keyIndex), values.make(keyIndex, ++version));
      return 'written';
    },
    delete: async (keyIndex) => {
      await cache.delete(keyName(keyIndex));
      return 'written';
    },
  });
}

/** No cache at all: every read is a query of the origin; writes have nothing to do. */
export function originDriver(loadOrigin: LoadOrigin, values: ValueMaker): Driver {
  const read = async (keyIndex: number): Promise<Succeeded> => {
    verify(values.make(keyIndex, await loadOrigin(keyIndex)), keyIndex);
    return 'miss';
  };
  const write = (): Promise<Succeeded> => Promise.resolve('written');
  return byOperation({ getOrLoad: read, get: read, set: write, delete: write });
}

/** The bare Redis client, one socket a connection: what the engine is compared with. */
export function redisDriver(
  pool: RedisPool,
  namespace: string,
  loadOrigin: LoadOrigin,
  values: ValueMaker,
  ttlMs: number,
): Driver {
  let version = 1;
  const name = (keyIndex: number): string => `${namespace}:${keyName(keyIndex)}`;
  const get = async (keyIndex: number, slot: number): Promise<Succeeded> => {
    const value = await pool.get(slot, name(keyIndex));
    if (value === undefined) return 'miss';
    verify(value, keyIndex);
    return 'hit';
  };
  const getOrLoad = async (keyIndex: number, slot: number): Promise<Succeeded> => {
    const value = await pool.get(slot, name(keyIndex));
    if (value === undefined) {
      await pool.set(slot, name(keyIndex), values.make(keyIndex, await loadOrigin(keyIndex)), ttlMs);
      return 'miss';
    }
    verify(value, keyIndex);
    return 'hit';
  };
  return byOperation({
    get,
    getOrLoad,
    set: async (keyIndex, slot) => {
      await pool.set(slot, name(keyIndex), values.make(keyIndex, ++version), ttlMs);
      return 'written';
    },
    delete: async (keyIndex, slot) => {
      await pool.delete(slot, name(keyIndex));
      return 'written';
    },
  });
}

type Act = (keyIndex: number, slot: number) => Promise<Succeeded>;

/** Not an async function of its own: each layer of those costs an operation a tenth of a microsecond and more. */
function byOperation(acts: Readonly<Record<Operation, Act>>): Driver {
  return { execute: (operation, keyIndex, slot) => acts[operation](keyIndex, slot) };
}

/** A wrong value is worse than none: it fails the operation. */
function verify(value: Uint8Array, keyIndex: number): void {
  const check = verifyValue(value, keyIndex);
  if (check === 'ok') return;
  throw new CachectlError(
    'CORRUPT_ENTRY',
    check === 'torn' ? 'a value was read that is not whole' : "a value was read that is another key's",
  );
}
