import type { Clock } from '../base/clock.ts';
import { isCachectlError } from '../base/errors.ts';
import type { Backend } from '../backends/backend.ts';
import { openDatabase } from '../backends/database/open.ts';
import { openMemcached } from '../backends/memcached/open.ts';
import { openMemory } from '../backends/memory/open.ts';
import { openRedis } from '../backends/redis/open.ts';
import type { Scenario, TierName, Variant } from '../config/scenario.ts';
import { counterNamer, keyNamer } from '../workload/key-names.ts';
import { PatternKeys } from '../workload/pattern-keys.ts';
import { policyOf } from './engine-policy.ts';
import type { RunNames } from './names.ts';
import type { Target } from './target.ts';

export interface TierOptions {
  readonly scenario: Scenario;
  /** The variant that it is for; tiers of this process are set up as it says. */
  readonly variant?: Variant;
  readonly target: Target;
  readonly names: RunNames;
  readonly clock: Clock;
}

/** A connected tier. */
export interface Opened {
  readonly name: TierName;
  readonly backend: Backend;
  /** Takes away what was written. */
  readonly clean: () => Promise<unknown>;
}

const OPENERS: Readonly<Record<TierName, (options: TierOptions) => Promise<Opened>>> = {
  l1: async ({ scenario, variant, clock }) => {
    const { maxEntries, maxBytes } = scenario.tiers.l1;
    return {
      name: 'l1',
      backend: openMemory({ name: 'l1', maxEntries, maxBytes, eviction: variant?.engine.eviction, clock }),
      clean: async () => {},
    };
  },
  redis: async (options) => {
    const { redis, ...limits } = options.target;
    const backend = await openRedis({ ...limits, url: redis ?? '', clock: options.clock });
    return { name: 'redis', backend, clean: () => deleteKeys(backend, options) };
  },
  memcached: async (options) => {
    const { memcached, ...limits } = options.target;
    const backend = await openMemcached({ ...limits, servers: memcached ?? '', clock: options.clock });
    return { name: 'memcached', backend, clean: () => deleteKeys(backend, options) };
  },
  database: async ({ target, names: { table }, clock }) => {
    const { database, ...limits } = target;
    const backend = await openDatabase({ ...limits, url: database ?? '', table, durable: false, clock });
    const dropTables = async (): Promise<void> => {
      for (const name of backend.tables) await backend.sql.query(`DROP TABLE IF EXISTS ${name}`);
    };
    return { name: 'database', backend, clean: dropTables };
  },
};

const KEYS_PER_STEP = 1000;

/** By prefix where the server lists its keys, else one by one: the keys of a scenario are known. */
async function deleteKeys({ tier }: Backend, { names, scenario, variant }: TierOptions): Promise<void> {
  if (tier.capabilities.enumerates) {
    await tier.deletePrefix(`${names.prefix}:`);
    return;
  }
  const { keys } = scenario.keyspace;
  const namings = namingsOf(scenario, variant);
  for (let from = 0; from < keys; from += KEYS_PER_STEP) {
    const step = Array.from({ length: Math.min(KEYS_PER_STEP, keys - from) }, (_, i) => from + i);
    await tier.deleteMany(namings.flatMap((naming) => step.map((i) => `${names.prefix}:${naming(i)}`)));
  }
}

/** How the keys that a variant may have written are called, by index. */
function namingsOf(
  scenario: Scenario,
  variant: TierOptions['variant'],
): readonly ((index: number) => string)[] {
  const policy = variant && policyOf(scenario, variant);
  if (policy !== undefined) {
    const own = new PatternKeys(policy.key);
    return [(index) => own.of(index)];
  }
  const { keyBytes } = scenario.keyspace;
  return [keyNamer(keyBytes), ...(scenario.operations.incr > 0 ? [counterNamer(keyBytes)] : [])];
}

/** @throws CachectlError `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL` */
export function connectTier(name: TierName, options: TierOptions): Promise<Opened> {
  return OPENERS[name](options);
}

/** Deletes what the run has written to a tier; the tier's name when its server does not let us. */
export async function cleanTier(name: TierName, options: TierOptions): Promise<readonly string[]> {
  try {
    const { backend, clean } = await connectTier(name, options);
    try {
      await clean();
    } finally {
      await backend.close();
    }
    return [];
  } catch (error) {
    if (!isCachectlError(error)) throw error;
    return [name];
  }
}
