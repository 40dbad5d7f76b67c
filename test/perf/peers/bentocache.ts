import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { type Library, TTL_MS } from './peer.ts';

/** Two tiers and the bus, as at https://bentocache.dev/docs/multi-tier. */
export const bentocache: Library = {
  name: 'bentocache',
  bus: 'yes',
  open: async ({ url, memoryEntries }) => {
    const { hostname, port } = new URL(url);
    const connection = { host: hostname, port: Number(port) };
    const cache = new BentoCache({
      default: 'both',
      ttl: TTL_MS,
      stores: {
        both: bentostore()
          .useL1Layer(memoryDriver({ maxItems: memoryEntries }))
          .useL2Layer(redisDriver({ connection }))
          .useBus(redisBusDriver({ connection })),
      },
    });
    return {
      getOrLoad: (key, load) => cache.getOrSet({ key, factory: load }),
      delete: (key) => cache.delete({ key }),
      tags: {
        getOrLoad: (key, tag, load) => cache.getOrSet({ key, factory: load, tags: [tag] }),
        invalidate: (tag) => cache.deleteByTag({ tags: [tag] }),
      },
      close: () => cache.disconnectAll(),
    };
  },
};
