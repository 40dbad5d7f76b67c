import { type Cache, type CacheEntry, cachified as getOrLoad, totalTtl } from '@epic-web/cachified';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { type Library, TTL_MS } from './peer.ts';

/** Its store is the application's to write; this is its README's lru-cache adapter, with Redis behind it. */
export const cachified: Library = {
  name: 'cachified',
  bus: 'none',
  open: async ({ url, memoryEntries }) => {
    const redis = new Redis(url);
    const lru = new LRUCache<string, CacheEntry>({ max: memoryEntries });
    const remember = (key: string, entry: CacheEntry): void => {
      lru.set(key, entry, { ttl: totalTtl(entry.metadata), start: entry.metadata.createdTime });
    };
    const cache: Cache = {
      get: async (key) => {
        const near = lru.get(key);
        if (near !== undefined) return near;
        const text = await redis.get(key);
        if (text === null) return undefined;
        const entry = JSON.parse(text) as CacheEntry;
        remember(key, entry);
        return entry;
      },
      set: async (key, entry) => {
        remember(key, entry);
        await redis.set(key, JSON.stringify(entry), 'PX', totalTtl(entry.metadata));
      },
      delete: async (key) => {
        lru.delete(key);
        return redis.del(key);
      },
    };
    return {
      getOrLoad: (key, load) => getOrLoad({ key, cache, getFreshValue: load, ttl: TTL_MS }),
      delete: async (key) => cache.delete(key),
      close: async () => redis.disconnect(),
    };
  },
};
