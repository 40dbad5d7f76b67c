import { type Clock, systemClock } from '../../base/clock.ts';
import type { Backend } from '../backend.ts';
import { MemoryBus, MemoryChannel } from './bus.ts';
import { MemoryLeaseStore } from './lease.ts';
import { MemoryLimiter } from './limiter.ts';
import { MemoryQueue } from './queue.ts';
import { MemoryStore, type MemoryStoreOptions } from './store.ts';
import { MemoryTier } from './tier.ts';

export interface MemoryOptions extends MemoryStoreOptions {
  /** The tier's name in metrics. Default `l1`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * A store in this process: the usual first tier, or all there is in development.
 *
 * @throws CachectlError `BAD_USAGE` when a bound is out of range or the eviction policy unknown
 */
export function openMemory(options: MemoryOptions = {}): Backend {
  const clock = options.clock ?? systemClock;
  const tier = new MemoryTier(new MemoryStore(options, clock), options.name ?? 'l1');
  const channels = new Map<string, MemoryChannel>();
  const buses: MemoryBus[] = [];
  const queues = new Map<string, MemoryQueue>();
  const lease = new MemoryLeaseStore(clock);
  const limiter = new MemoryLimiter(clock);
  return {
    kind: 'memory',
    address: 'this process',
    tier,
    openBus: (name) => {
      const channel = channels.get(name) ?? new MemoryChannel(clock);
      channels.set(name, channel);
      const bus = new MemoryBus(channel);
      buses.push(bus);
      return bus;
    },
    lease,
    openQueue: (name) => {
      const queue = queues.get(name) ?? new MemoryQueue(clock);
      queues.set(name, queue);
      return queue;
    },
    limiter,
    describe: async () => ({ product: 'memory', version: '', settings: {} }),
    close: async () => {
      limiter.close();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await Promise.all([tier.close(), lease.close(), ...buses.map((bus) => bus.close())]);
    },
  };
}
