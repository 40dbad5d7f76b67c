import { openMemory } from '../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../src/backends/memory/shared.ts';
import { ManualClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type Cache, type CacheOptions, createCache } from '../../src/engine/index.ts';

export interface InstancesBed {
  readonly clock: ManualClock;
  /** Stands for the server. */
  readonly server: SharedMemory;
  readonly caches: readonly Cache[];
  readonly close: () => Promise<void>;
}

/** Instances of an application, as caches over one shared memory, each with memory of its own; their channels are proven. */
export async function openInstances(
  count: number,
  options: Partial<CacheOptions> = {},
): Promise<InstancesBed> {
  const clock = new ManualClock();
  const server = new SharedMemory({ clock });
  const caches = Array.from({ length: count }, (_, i) =>
    createCache({
      namespace: 'n',
      tiers: [
        { tier: openMemory({ clock }), ttl: '10m' },
        { tier: openSharedMemory(server), ttl: '1h' },
      ],
      clock,
      random: seededRandom(i + 1),
      instance: `instance-${i}`,
      ...options,
    }),
  );
  await clock.advance(50);
  return {
    clock,
    server,
    caches,
    close: async () => {
      await Promise.all(caches.map((cache) => cache.close()));
    },
  };
}
