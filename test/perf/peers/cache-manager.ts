import KeyvRedis from '@keyv/redis';
import { createCache } from 'cache-manager';
import { CacheableMemory } from 'cacheable';
import { Keyv } from 'keyv';
import { type Library, TTL_MS } from './peer.ts';

/** Two stores, as in its README. It has no bus. */
export const cacheManager: Library = {
  name: 'cache-manager',
  bus: 'none',
  open: async ({ url, memoryEntries }) => {
    const cache = createCache({
      stores: [
        new Keyv({ store: new CacheableMemory({ ttl: TTL_MS, lruSize: memoryEntries }) }),
        new Keyv({ store: new KeyvRedis(url) }),
      ],
      ttl: TTL_MS,
    });
    return {
      getOrLoad: (key, load) => cache.wrap(key, load),
      delete: (key) => cache.del(key),
      close: () => cache.disconnect(),
    };
  },
};
