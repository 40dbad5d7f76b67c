import { createCache } from 'async-cache-dedupe';
import { Redis } from 'ioredis';
import { type Library, type Load, TTL_MS } from './peer.ts';

interface Wanted {
  readonly key: string;
  readonly tags: string[];
  readonly load: Load;
}

/** One tier, in memory or in Redis, with `references` for tags, as in its README. */
export const asyncCacheDedupe: Library = {
  name: 'async-cache-dedupe',
  bus: 'one tier',
  open: async ({ url, memoryEntries, onlyTier }) => {
    const client = onlyTier === 'redis' ? new Redis(url) : undefined;
    const cache = createCache({
      ttl: TTL_MS / 1000,
      storage:
        client === undefined
          ? { type: 'memory', options: { size: memoryEntries } }
          : { type: 'redis', options: { client, invalidation: true } },
    }).define(
      'entry',
      {
        serialize: ({ key }: Wanted) => key,
        references: ({ tags }: Wanted) => tags,
      },
      ({ load }: Wanted) => load(),
    );
    return {
      getOrLoad: (key, load) => cache.entry({ key, load, tags: [] }),
      delete: (key) => cache.clear('entry', { key }),
      tags: {
        getOrLoad: (key, tag, load) => cache.entry({ key, load, tags: [tag] }),
        invalidate: (tag) => cache.invalidateAll([tag]),
      },
      close: async () => client?.disconnect(),
    };
  },
};
