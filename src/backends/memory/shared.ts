import { type Clock, systemClock } from '../../base/clock.ts';
import type { Backend } from '../backend.ts';
import type { Audience, Notice } from '../bus.ts';
import { MemoryBus, MemoryChannel } from './bus.ts';
import { MemoryFenced, MemoryGuards } from './fenced.ts';
import { MemoryLeaseStore } from './lease.ts';
import { LedgerRecords, MemoryLedger } from './ledger.ts';
import { SharedMemoryTier } from './shared-tier.ts';
import { type MemoryBounds, MemoryStore } from './store.ts';
import { MemoryTier } from './tier.ts';

export interface SharedMemoryOptions extends MemoryBounds {
  readonly clock?: Clock | undefined;
  /** At most so many leases, and tags of each namespace, are known. Default 100,000; their room is taken at once. */
  readonly maxRecords?: number | undefined;
}

/** What caches of one process share as if it were a server. It lives as long as somebody refers to it. */
export class SharedMemory {
  readonly clock: Clock;
  readonly store: MemoryStore;
  readonly guards: MemoryGuards;
  readonly channels: Map<string, MemoryChannel> = new Map();
  readonly ledgers: Map<string, LedgerRecords> = new Map();
  readonly leases: MemoryLeaseStore;
  readonly #maxRecords: number | undefined;

  constructor(options: SharedMemoryOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.store = new MemoryStore(options, this.clock);
    this.guards = new MemoryGuards(this.clock, options.maxRecords);
    this.#maxRecords = options.maxRecords;
    this.leases = new MemoryLeaseStore(this.clock);
  }

  channel(name: string): MemoryChannel {
    const channel = this.channels.get(name) ?? new MemoryChannel(this.clock);
    this.channels.set(name, channel);
    return channel;
  }

  ledger(namespace: string): LedgerRecords {
    const records = this.ledgers.get(namespace) ?? new LedgerRecords(this.#maxRecords);
    this.ledgers.set(namespace, records);
    return records;
  }

  announce({ bus, message }: Notice): Audience | undefined {
    return bus instanceof MemoryBus && bus.isOf(this.channels) ? bus.announce(message) : undefined;
  }
}

/**
 * Connects to a shared memory, as to a server: for tests, and for development without servers.
 * @param name the tier's name in metrics
 */
export function openSharedMemory(memory: SharedMemory = new SharedMemory(), name = 'shared'): Backend {
  const announce = (notice: Notice): Audience | undefined => memory.announce(notice);
  const fenced = new MemoryFenced(memory.store, memory.guards, announce);
  const tier = new SharedMemoryTier(new MemoryTier(memory.store, name), fenced, name);
  const buses: MemoryBus[] = [];
  const ledgers: MemoryLedger[] = [];
  return {
    kind: 'memory',
    address: 'this process',
    tier,
    openBus: (channel) => {
      const bus = new MemoryBus(memory.channel(channel));
      buses.push(bus);
      return bus;
    },
    openLedger: (namespace) => {
      const ledger = new MemoryLedger(() => memory.ledger(namespace), announce);
      ledgers.push(ledger);
      return ledger;
    },
    lease: memory.leases,
    describe: async () => ({ product: 'memory', version: '', settings: {} }),
    close: async () => {
      for (const ledger of ledgers) ledger.close();
      await Promise.all([tier.close(), ...buses.map((bus) => bus.close())]);
    },
  };
}
