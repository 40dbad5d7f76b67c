import { seededRandom } from '../base/random.ts';
import { openRedisPool, type RedisPool } from '../backends/redis/pool.ts';
import { ErrorTally } from '../metrics/counters.ts';
import type { System } from '../testbed/system.ts';
import { KeyNames } from '../workload/key-names.ts';
import { TtlMaker } from '../workload/ttls.ts';
import { ValueMaker } from '../workload/values.ts';
import { type Driver, engineDriver, type LoadOrigin, originDriver, redisDriver } from './drivers.ts';
import type { VariantRun } from './plan.ts';

/** What is measured: a system behind a driver, or a bare client. */
export interface Subject {
  readonly driver: Driver;
  readonly system: System | undefined;
  readonly values: ValueMaker;
  readonly tierErrors: ErrorTally;
  originLoads(): number;
  close(): Promise<void>;
}

/** The part of a run that decides what is measured. */
type Wanted = Pick<VariantRun, 'scenario' | 'variant' | 'driver' | 'bed'>;

/** How long a bare client waits for an answer, in milliseconds: longer than any stall worth measuring. */
export const BARE_DEADLINE_MS = 10_000;

/** Connects what the variant measures, by the driver of the run. */
export async function openSubject(run: Wanted): Promise<Subject> {
  const { scenario, variant, bed } = run;
  const layout = seededRandom(scenario.seed).fork('layout');
  const values = new ValueMaker(scenario.values, layout);
  const tierErrors = new ErrorTally();
  const ttls = new TtlMaker(scenario.ttl, layout);
  const { keys, keyBytes } = scenario.keyspace;
  let loads = 0;
  const loadOrigin: LoadOrigin = (keyIndex) => {
    loads++;
    return bed.origin.load(keyIndex);
  };
  const common = { values, tierErrors, originLoads: () => loads };
  const system =
    variant.tiers.length === 0
      ? undefined
      : await bed.openSystem(variant, ({ tier, error }) => {
          tierErrors.add(new Error(`${tier}: ${error instanceof Error ? error.message : String(error)}`));
        });
  if (system === undefined) {
    return { ...common, driver: originDriver(loadOrigin, values), system, close: async () => {} };
  }
  if (run.driver === 'engine') {
    return {
      ...common,
      driver: engineDriver(system.cache, new KeyNames('', keys, keyBytes), loadOrigin, values, ttls),
      system,
      close: () => system.close(),
    };
  }
  const pool = await openPool(run, system);
  const names = new KeyNames(`${system.cache.namespace}:`, keys, keyBytes);
  return {
    ...common,
    driver: redisDriver(pool, names, loadOrigin, values, ttls, scenario.tiers.redis.ttlMs),
    system,
    close: async () => {
      await pool.close();
      await system.close();
    },
  };
}

async function openPool({ scenario, bed }: Wanted, system: System): Promise<RedisPool> {
  const { connections } = scenario.load;
  try {
    return await openRedisPool({
      url: bed.target.redis ?? '',
      connections,
      deadlineMs: BARE_DEADLINE_MS,
    });
  } catch (error) {
    await system.close();
    throw error;
  }
}
