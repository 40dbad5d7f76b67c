import type { Protection } from '../config/engine-schema.ts';
import type { Cache } from '../engine/index.ts';

/** What a protected read gives. */
export interface Read {
  readonly value: Uint8Array;
  /** The caller had to wait for a load, its own or another's. */
  readonly waited: boolean;
  /** The value had expired and was handed out all the same. */
  readonly stale: boolean;
}

export interface ReadOptions {
  readonly ttlMs: number;
  readonly load: () => Promise<Uint8Array>;
}

export type ReadProtected = (key: string, options: ReadOptions) => Promise<Read>;

/** Reads through the cache with this protection against many callers who miss at once. */
export function protectedRead(protection: Protection, cache: Cache): ReadProtected {
  return READS[protection](cache);
}

const READS: Readonly<Record<Protection, (cache: Cache) => ReadProtected>> = {
  lease:
    (cache) =>
    async (key, { ttlMs, load }) => {
      const { value, source, stale } = await cache.resolve(key, load, { ttl: ttlMs });
      return { value: value ?? NOTHING, waited: source === 'loader', stale: stale !== undefined };
    },
  none: unprotected,
  'single-flight': (cache) => {
    const read = unprotected(cache);
    const flights = new Map<string, Promise<Read>>();
    return (key, options) => {
      const known = flights.get(key);
      if (known !== undefined) return known;
      const flight = read(key, options).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    };
  },
};

const NOTHING = new Uint8Array();

/** Get, and on a miss load and set: what is written by hand. */
function unprotected(cache: Cache): ReadProtected {
  return async (key, { ttlMs, load }) => {
    const found = await cache.get<Uint8Array>(key);
    if (found !== undefined) return { value: found, waited: false, stale: false };
    const value = await load();
    await cache.set(key, value, { ttl: ttlMs });
    return { value, waited: true, stale: false };
  };
}
