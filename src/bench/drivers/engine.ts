import type { Cache, LoadContext, Resolved } from '../../engine/index.ts';
import { KeyNames } from '../../workload/key-names.ts';
import { act, type Acts, type DriverContext, type DriverSpec, type Succeeded, written } from './driver.ts';
import { judgeBatch, verify } from './verify.ts';

/** The engine, as an application uses it. */
export const engine: DriverSpec = {
  title: 'engine',
  speaks: undefined,
  lacks: [{ operation: 'incr', why: 'the engine has no counters' }],
  open: async (context) => ({ driver: engineActs(context), close: async () => {} }),
};

/** `names`: the keys by index. Default: those of the scenario's keyspace. */
export function engineActs(context: DriverContext, names: Pick<KeyNames, 'of'> = namesOf(context)): Acts {
  const { cache, loadOrigin, values, ttls, tracedTtlMsOf, batchOf } = context;
  let version = 1;
  const judge = ({ value, source }: Resolved<Uint8Array>, keyIndex: number): Succeeded => {
    if (value !== undefined) verify(value, keyIndex);
    return source === undefined || source === 'loader' ? 'miss' : 'hit';
  };
  const loaderOf =
    (keyIndex: number) =>
    async (loading: LoadContext): Promise<Uint8Array> => {
      const loaded = await loadOrigin(keyIndex);
      const ttl = ttls.ttlMsOf(keyIndex, loaded);
      if (ttl !== undefined) loading.setTtl(ttl);
      return values.make(keyIndex, loaded);
    };
  const write = (keyIndex: number): Promise<unknown> => {
    version++;
    const ttl = tracedTtlMsOf?.(keyIndex) ?? ttls.ttlMsOf(keyIndex, version);
    const value = values.make(keyIndex, version);
    return ttl === undefined
      ? cache.set(names.of(keyIndex), value)
      : cache.set(names.of(keyIndex), value, { ttl });
  };
  return {
    getOrLoad: act((keyIndex) => cache.resolve<Uint8Array>(names.of(keyIndex), loaderOf(keyIndex)), judge),
    get: act((keyIndex) => cache.resolve<Uint8Array>(names.of(keyIndex)), judge),
    multiGet: act(async (keyIndex) => {
      const keys = batchOf(keyIndex);
      return { keys, values: await cache.getMany<Uint8Array>(keys.map((key) => names.of(key))) };
    }, judgeBatch),
    set: act(write, written),
    delete: act((keyIndex) => cache.delete(names.of(keyIndex)), written),
    touch: act((keyIndex) => touch(cache, names.of(keyIndex)), written),
    incr: act(() => Promise.reject(new TypeError('the engine has no counters')), written),
  };
}

/**
 * The engine has no touch: a copy in a nearer tier must not outlive the entry that it was made of, and extending the
 * farthest alone would do nothing for the others. So it is what an application would do: read, and write what was read.
 */
async function touch(cache: Cache, key: string): Promise<void> {
  const value = await cache.get<Uint8Array>(key);
  if (value !== undefined) await cache.set(key, value);
}

function namesOf({ scenario: { keyspace } }: DriverContext): KeyNames {
  return new KeyNames('', keyspace.keys, keyspace.keyBytes);
}
