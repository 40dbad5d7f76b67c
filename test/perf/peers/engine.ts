import { openRedis } from '../../../src/backends/redis/open.ts';
import { createCache, openMemory } from '../../../src/engine/index.ts';
import { type Library, TTL_MS } from './peer.ts';

export const engine: Library = {
  name: 'cachectl',
  bus: 'yes',
  open: async ({ url, memoryEntries }) => {
    const cache = createCache({
      namespace: 'engine',
      tiers: [
        { tier: openMemory({ maxEntries: memoryEntries }), ttl: TTL_MS },
        { tier: await openRedis({ url }), ttl: TTL_MS },
      ],
    });
    return {
      getOrLoad: (key, load) => cache.getOrLoad(key, load),
      delete: (key) => cache.delete(key),
      tags: {
        getOrLoad: (key, tag, load) => cache.getOrLoad(key, load, { tags: [tag] }),
        invalidate: (tag) => cache.invalidate({ tags: [tag] }),
      },
      close: () => cache.close(),
    };
  },
};
