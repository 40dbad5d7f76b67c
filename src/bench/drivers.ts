import type { RedisPool } from '../backends/redis/pool.ts';
import type { Cache, LoadContext, Resolved } from '../engine/index.ts';
import type { Outcome } from '../metrics/interval-series.ts';
import { CachectlError } from '../base/errors.ts';
import type { KeyNames } from '../workload/key-names.ts';
import type { Operation } from '../workload/operations.ts';
import type { TtlMaker } from '../workload/ttls.ts';
import { type ValueMaker, verifyValue } from '../workload/values.ts';

export type Succeeded = Exclude<Outcome, 'error'>;

/**
 * Carries out one kind of operation on whatever is measured, in two halves: the wait between them is the
 * executor's own. An async function around both would cost each operation a percent.
 */
export interface Act {
  /** Sends it; `slot` is the connection, where there are several. Rejects when it failed. */
  readonly send: (keyIndex: number, slot: number) => Promise<unknown>;
  /** Judges the reply; a promise where more is to be done, as a load after a miss. Throws when the reply is wrong. */
  readonly judge: (reply: unknown, keyIndex: number, slot: number) => Succeeded | Promise<Succeeded>;
}

export type Driver = Readonly<Record<Operation, Act>>;

/** Ties the two halves together by the type of the reply. */
function act<Reply>(
  send: (keyIndex: number, slot: number) => Promise<Reply>,
  judge: (reply: Reply, keyIndex: number, slot: number) => Succeeded | Promise<Succeeded>,
): Act {
  return { send, judge: (reply, keyIndex, slot) => judge(reply as Reply, keyIndex, slot) };
}

/** Loads a key from the origin: gives the version of its data. */
export type LoadOrigin = (keyIndex: number) => Promise<number>;

const written = (): Succeeded => 'written';

/** The engine, as an application uses it. */
export function engineDriver(
  cache: Cache,
  names: KeyNames,
  loadOrigin: LoadOrigin,
  values: ValueMaker,
  ttls: TtlMaker,
): Driver {
  let version = 1;
  const judge = ({ value, source }: Resolved<Uint8Array>, keyIndex: number): Succeeded => {
    if (value !== undefined) verify(value, keyIndex);
    return source === undefined || source === 'loader' ? 'miss' : 'hit';
  };
  const loaderOf =
    (keyIndex: number) =>
    async (context: LoadContext): Promise<Uint8Array> => {
      const loaded = await loadOrigin(keyIndex);
      const ttl = ttls.ttlMsOf(keyIndex, loaded);
      if (ttl !== undefined) context.setTtl(ttl);
      return values.make(keyIndex, loaded);
    };
  const write = (keyIndex: number): Promise<unknown> => {
    const ttl = ttls.ttlMsOf(keyIndex, ++version);
    const value = values.make(keyIndex, version);
    return ttl === undefined
      ? cache.set(names.of(keyIndex), value)
      : cache.set(names.of(keyIndex), value, { ttl });
  };
  return {
    getOrLoad: act((keyIndex) => cache.resolve<Uint8Array>(names.of(keyIndex), loaderOf(keyIndex)), judge),
    get: act((keyIndex) => cache.resolve<Uint8Array>(names.of(keyIndex)), judge),
    set: act(write, written),
    delete: act((keyIndex) => cache.delete(names.of(keyIndex)), written),
  };
}

/** No cache at all: every read is a query of the origin; writes have nothing to do. */
export function originDriver(loadOrigin: LoadOrigin, values: ValueMaker): Driver {
  const read = act(loadOrigin, (version, keyIndex) => {
    verify(values.make(keyIndex, version), keyIndex);
    return 'miss';
  });
  const write = act(() => Promise.resolve(), written);
  return { getOrLoad: read, get: read, set: write, delete: write };
}

/** The bare Redis client, one socket a connection: what the engine is compared with. */
export function redisDriver(
  pool: RedisPool,
  names: KeyNames,
  loadOrigin: LoadOrigin,
  values: ValueMaker,
  ttls: TtlMaker,
  tierTtlMs: number,
): Driver {
  let version = 1;
  const write = (keyIndex: number, slot: number, of: number): Promise<unknown> => {
    const ttlMs = Math.min(ttls.ttlMsOf(keyIndex, of) ?? tierTtlMs, tierTtlMs);
    return pool.set(slot, names.of(keyIndex), values.make(keyIndex, of), ttlMs);
  };
  const send = (keyIndex: number, slot: number): Promise<Uint8Array | undefined> =>
    pool.get(slot, names.of(keyIndex));
  const judge = (value: Uint8Array | undefined, keyIndex: number): Succeeded => {
    if (value === undefined) return 'miss';
    verify(value, keyIndex);
    return 'hit';
  };
  const fill = async (keyIndex: number, slot: number): Promise<Succeeded> => {
    await write(keyIndex, slot, await loadOrigin(keyIndex));
    return 'miss';
  };
  return {
    get: act(send, judge),
    getOrLoad: act(send, (value, keyIndex, slot) =>
      value === undefined ? fill(keyIndex, slot) : judge(value, keyIndex),
    ),
    set: act((keyIndex, slot) => write(keyIndex, slot, ++version), written),
    delete: act((keyIndex, slot) => pool.delete(slot, names.of(keyIndex)), written),
  };
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
