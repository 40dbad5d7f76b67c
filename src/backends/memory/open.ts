import { type Clock, systemClock } from '../../base/clock.ts';
import type { Backend } from '../backend.ts';
import { MemoryBus } from './bus.ts';
import { MemoryLeaseStore } from './lease.ts';
import { type MemoryBounds, MemoryStore } from './store.ts';
import { MemoryTier } from './tier.ts';

export interface MemoryOptions extends MemoryBounds {
  /** The tier's name in metrics. Default `l1`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A store in this process: the usual first tier, or all there is in development. */
export function openMemory(options: MemoryOptions = {}): Backend {
  const clock = options.clock ?? systemClock;
  const tier = new MemoryTier(new MemoryStore(options, clock), options.name ?? 'l1');
  const buses = new Map<string, MemoryBus>();
  const lease = new MemoryLeaseStore(clock);
  return {
    kind: 'memory',
    address: 'this process',
    tier,
    openBus: (channel) => {
      const bus = buses.get(channel) ?? new MemoryBus();
      buses.set(channel, bus);
      return bus;
    },
    lease,
    describe: async () => ({ product: 'memory', version: '', settings: {} }),
    close: async () => {
      await Promise.all([tier.close(), lease.close(), ...[...buses.values()].map((bus) => bus.close())]);
    },
  };
}
