import { counterNamer, KeyNames } from '../../workload/key-names.ts';
import { act, type Acts, type DriverContext, type Succeeded, written } from './driver.ts';
import { judgeBatch, judgeCount, judgeValue } from './verify.ts';

/** A bare client with a socket for each slot, as it is the same for every product. Times are whole milliseconds. */
export interface BareClient {
  get(slot: number, key: string): Promise<Uint8Array | undefined>;
  /** In the order of the keys. */
  getMany(slot: number, keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  set(slot: number, key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  delete(slot: number, key: string): Promise<boolean>;
  /** True when there was an entry. */
  touch(slot: number, key: string, ttlMs: number): Promise<boolean>;
  /** Gives the count after it; the first is 1. */
  increment(slot: number, key: string, ttlMs: number): Promise<number>;
  close(): Promise<void>;
}

/** What an application without an engine does: look, and on a miss load and store. */
export function actsOfClient(client: BareClient, ttlMs: number, context: DriverContext): Acts {
  const { cache, scenario, values, ttls, tracedTtlMsOf, loadOrigin, batchOf } = context;
  const { keys: keyCount, keyBytes } = scenario.keyspace;
  const names = new KeyNames(`${cache.namespace}:`, keyCount, keyBytes);
  const counterName = counterNamer(keyBytes);
  const counter = (keyIndex: number): string => `${cache.namespace}:${counterName(keyIndex)}`;
  let version = 1;
  const send = (keyIndex: number, slot: number): Promise<Uint8Array | undefined> =>
    client.get(slot, names.of(keyIndex));
  const write = (keyIndex: number, slot: number, of: number, traced?: number): Promise<void> => {
    const own = Math.min(traced ?? ttls.ttlMsOf(keyIndex, of) ?? ttlMs, ttlMs);
    return client.set(slot, names.of(keyIndex), values.make(keyIndex, of), own);
  };
  const fill = async (keyIndex: number, slot: number): Promise<Succeeded> => {
    await write(keyIndex, slot, await loadOrigin(keyIndex));
    return 'miss';
  };
  return {
    get: act(send, judgeValue),
    getOrLoad: act(send, (value, keyIndex, slot) =>
      value === undefined ? fill(keyIndex, slot) : judgeValue(value, keyIndex),
    ),
    multiGet: act(async (keyIndex, slot) => {
      const keys = batchOf(keyIndex);
      return {
        keys,
        values: await client.getMany(
          slot,
          keys.map((key) => names.of(key)),
        ),
      };
    }, judgeBatch),
    set: act((keyIndex, slot) => write(keyIndex, slot, ++version, tracedTtlMsOf?.(keyIndex)), written),
    delete: act((keyIndex, slot) => client.delete(slot, names.of(keyIndex)), written),
    touch: act((keyIndex, slot) => client.touch(slot, names.of(keyIndex), ttlMs), written),
    incr: act((keyIndex, slot) => client.increment(slot, counter(keyIndex), ttlMs), judgeCount),
  };
}
