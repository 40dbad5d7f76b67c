import { seededRandom } from '../base/random.ts';
import { ErrorTally } from '../metrics/counters.ts';
import { policyOf } from '../testbed/engine-policy.ts';
import type { System } from '../testbed/system.ts';
import { TracedValues } from '../workload/traced-values.ts';
import { TtlMaker } from '../workload/ttls.ts';
import { ValueMaker } from '../workload/values.ts';
import type { Driver, DriverContext, LoadOrigin, OpenDriver } from './drivers/driver.ts';
import { originActs } from './drivers/origin.ts';
import { changeOrigin, drivePolicy } from './drivers/policy.ts';
import { DRIVERS } from './drivers/registry.ts';
import type { VariantRun } from './plan.ts';

/** What is measured: a system behind a driver, or a bare client. */
export interface Subject {
  readonly driver: Driver;
  readonly system: System | undefined;
  readonly values: ValueMaker;
  /** The same, when they are as a trace says. */
  readonly traced?: TracedValues | undefined;
  readonly tierErrors: ErrorTally;
  readonly hooks: SubjectHooks;
  originLoads(): number;
  /** What else the driver counted, as metrics. */
  readonly figures?: () => Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** What whoever uses a subject may set. */
export interface SubjectHooks {
  /** Where a multi-get takes its further keys from: the workload's sequence. Until it is set, the same key again. */
  nextKey: (() => number) | undefined;
  /** Is around each load from the origin. */
  noteLoad: ((load: () => Promise<number>) => Promise<number>) | undefined;
}

/** The part of a run that decides what is measured. */
type Wanted = Pick<VariantRun, 'scenario' | 'variant' | 'bed' | 'clock'>;

/** Connects what the variant measures, by its driver. */
export async function openSubject({ scenario, variant, bed, clock }: Wanted): Promise<Subject> {
  const layout = seededRandom(scenario.seed).fork('layout');
  const { keys } = scenario.keyspace;
  const traced = scenario.trace === undefined ? undefined : new TracedValues(keys, scenario.values, layout);
  const values = traced ?? new ValueMaker(scenario.values, layout);
  const ttls = new TtlMaker(scenario.ttl, layout);
  const tierErrors = new ErrorTally();
  const { batch } = scenario.operations;
  const hooks: SubjectHooks = { nextKey: undefined, noteLoad: undefined };
  let loads = 0;
  const loadOrigin: LoadOrigin = (keyIndex) => {
    loads++;
    const load = (): Promise<number> => bed.origin.load(keyIndex);
    return hooks.noteLoad === undefined ? load() : hooks.noteLoad(load);
  };
  const batchOf = (keyIndex: number): readonly number[] =>
    Array.from({ length: batch }, (_, i) => (i === 0 ? keyIndex : (hooks.nextKey?.() ?? keyIndex)));
  const common = { values, traced, tierErrors, hooks, originLoads: () => loads };
  const policy = policyOf(scenario, variant);
  if (variant.tiers.length === 0) {
    const plain = originActs(loadOrigin, values, batchOf);
    const driver = policy === undefined ? plain : { ...plain, set: changeOrigin(bed.origin) };
    return { ...common, driver, system: undefined, close: async () => {} };
  }
  const system = await bed.openSystem(variant, ({ tier, error }) => {
    tierErrors.add(new Error(`${tier}: ${error instanceof Error ? error.message : String(error)}`));
  });
  const context: DriverContext = {
    scenario,
    tiers: variant.tiers,
    target: bed.target,
    cache: system.cache,
    values,
    ttls,
    tracedTtlMsOf: traced && ((keyIndex) => traced.ttlMsOf(keyIndex)),
    loadOrigin,
    batchOf,
    clock,
  };
  if (policy !== undefined) {
    const driven = drivePolicy({ context, policy, limiter: system.limiter, origin: bed.origin });
    return { ...common, ...driven, system, close: () => system.close() };
  }
  let opened: OpenDriver;
  try {
    opened = await DRIVERS[variant.driver].open(context);
  } catch (error) {
    await system.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await opened.close();
    await system.close();
  };
  return { ...common, driver: opened.driver, system, close };
}
