import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { type Library, TTL_MS } from './peer.ts';

/** What people write by hand: lru-cache in front of ioredis. */
export const tenLines: Library = {
  name: 'ten lines',
  bus: 'none',
  open: async ({ url, memoryEntries }) => {
    const redis = new Redis(url);
    const lru = new LRUCache<string, object>({ max: memoryEntries, ttl: TTL_MS });
    return {
      getOrLoad: async (key, load) => {
        const near = lru.get(key);
        if (near !== undefined) return near;
        const text = await redis.get(key);
        const value = (text === null ? await load() : JSON.parse(text)) as object;
        if (text === null) await redis.set(key, JSON.stringify(value), 'PX', TTL_MS);
        lru.set(key, value);
        return value;
      },
      delete: async (key) => {
        lru.delete(key);
        return redis.del(key);
      },
      close: async () => redis.disconnect(),
    };
  },
};
