import type { Clock } from '../base/clock.ts';
import type { Backend } from '../backends/backend.ts';
import { openDatabase } from '../backends/database/open.ts';
import { openMemcached } from '../backends/memcached/open.ts';
import { openMemory } from '../backends/memory/open.ts';
import { openRedis } from '../backends/redis/open.ts';
import type { Scenario, TierName, Variant } from '../config/scenario.ts';
import { type Cache, createCache, type TierFailure } from '../engine/index.ts';
import { keyName } from '../workload/key-names.ts';
import type { Target } from './target.ts';

export interface SystemOptions {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly target: Target;
  /** Also the prefix of everything that is written to the servers. */
  readonly namespace: string;
  /** Table of the database tier; dropped when the system is closed. */
  readonly table: string;
  readonly onTierError: (failure: TierFailure) => void;
  readonly clock: Clock;
}

/** The system under test in one of its variants: a cache over connected tiers. */
export interface System {
  readonly cache: Cache;
  readonly backends: ReadonlyMap<TierName, Backend>;
  /** Deletes what the run has written, and closes all connections. */
  close(): Promise<void>;
}

/** Connects the variant's tiers. When one fails, the others are closed. */
export async function openSystem(options: SystemOptions): Promise<System> {
  const outcomes = await Promise.allSettled(options.variant.tiers.map((name) => OPENERS[name](options)));
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(opened.map(({ backend }) => backend.close()));
    throw failed.reason;
  }
  const { scenario, variant, namespace, onTierError, clock } = options;
  const names = variant.tiers;
  const cache = createCache({
    namespace,
    tiers: opened.map(({ backend }, i) => ({
      tier: backend.tier,
      ttl: scenario.tiers[names[i] ?? 'l1'].ttlMs,
    })),
    onTierError,
    clock,
  });
  return {
    cache,
    backends: new Map(opened.map(({ backend }, i) => [names[i] ?? 'l1', backend])),
    close: async () => {
      await Promise.allSettled(opened.map(({ clean }) => clean()));
      await cache.close();
      await Promise.all(opened.map(({ backend }) => backend.close()));
    },
  };
}

interface Opened {
  readonly backend: Backend;
  /** Takes away what was written. */
  readonly clean: () => Promise<unknown>;
}

const OPENERS: Readonly<Record<TierName, (options: SystemOptions) => Promise<Opened>>> = {
  l1: async ({ scenario, clock }) => {
    const { maxEntries, maxBytes } = scenario.tiers.l1;
    return { backend: openMemory({ name: 'l1', maxEntries, maxBytes, clock }), clean: async () => {} };
  },
  redis: async (options) => {
    const { redis, ...limits } = options.target;
    const backend = await openRedis({ ...limits, url: redis ?? '', clock: options.clock });
    return { backend, clean: () => deleteKeys(backend, options) };
  },
  memcached: async (options) => {
    const { memcached, ...limits } = options.target;
    const backend = await openMemcached({ ...limits, servers: memcached ?? '', clock: options.clock });
    return { backend, clean: () => deleteKeys(backend, options) };
  },
  database: async ({ target, table, clock }) => {
    const { database, ...limits } = target;
    const backend = await openDatabase({ ...limits, url: database ?? '', table, durable: false, clock });
    const dropTables = async (): Promise<void> => {
      for (const name of [table, `${table}_lease`]) await backend.sql.query(`DROP TABLE IF EXISTS ${name}`);
    };
    return { backend, clean: dropTables };
  },
};

const KEYS_PER_STEP = 1000;

/** By prefix where the server lists its keys, else one by one: the keys of a scenario are known. */
async function deleteKeys({ tier }: Backend, { namespace, scenario }: SystemOptions): Promise<void> {
  if (tier.capabilities.enumerates) {
    await tier.deletePrefix(`${namespace}:`);
    return;
  }
  const { keys } = scenario.keyspace;
  for (let from = 0; from < keys; from += KEYS_PER_STEP) {
    const step = Array.from({ length: Math.min(KEYS_PER_STEP, keys - from) }, (_, i) => keyName(from + i));
    await tier.deleteMany(step.map((key) => `${namespace}:${key}`));
  }
}
