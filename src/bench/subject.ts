import { seededRandom } from '../base/random.ts';
import { ErrorTally } from '../metrics/counters.ts';
import type { System } from '../testbed/system.ts';
import { TtlMaker } from '../workload/ttls.ts';
import { ValueMaker } from '../workload/values.ts';
import type { Driver, LoadOrigin, OpenDriver } from './drivers/driver.ts';
import { originActs } from './drivers/origin.ts';
import { DRIVERS } from './drivers/registry.ts';
import type { VariantRun } from './plan.ts';

/** What is measured: a system behind a driver, or a bare client. */
export interface Subject {
  readonly driver: Driver;
  readonly system: System | undefined;
  readonly values: ValueMaker;
  readonly tierErrors: ErrorTally;
  /** Where a multi-get takes its further keys from: the workload's sequence. Until it is told, the same key again. */
  readonly furtherKeys: { next: (() => number) | undefined };
  originLoads(): number;
  close(): Promise<void>;
}

/** The part of a run that decides what is measured. */
type Wanted = Pick<VariantRun, 'scenario' | 'variant' | 'bed' | 'clock'>;

/** Connects what the variant measures, by its driver. */
export async function openSubject({ scenario, variant, bed, clock }: Wanted): Promise<Subject> {
  const layout = seededRandom(scenario.seed).fork('layout');
  const values = new ValueMaker(scenario.values, layout);
  const ttls = new TtlMaker(scenario.ttl, layout);
  const tierErrors = new ErrorTally();
  const { batch } = scenario.operations;
  const furtherKeys: Subject['furtherKeys'] = { next: undefined };
  let loads = 0;
  const loadOrigin: LoadOrigin = (keyIndex) => {
    loads++;
    return bed.origin.load(keyIndex);
  };
  const batchOf = (keyIndex: number): readonly number[] =>
    Array.from({ length: batch }, (_, i) => (i === 0 ? keyIndex : (furtherKeys.next?.() ?? keyIndex)));
  const common = { values, tierErrors, furtherKeys, originLoads: () => loads };
  if (variant.tiers.length === 0) {
    const driver = originActs(loadOrigin, values, batchOf);
    return { ...common, driver, system: undefined, close: async () => {} };
  }
  const system = await bed.openSystem(variant, ({ tier, error }) => {
    tierErrors.add(new Error(`${tier}: ${error instanceof Error ? error.message : String(error)}`));
  });
  let opened: OpenDriver;
  try {
    opened = await DRIVERS[variant.driver].open({
      scenario,
      tiers: variant.tiers,
      target: bed.target,
      cache: system.cache,
      values,
      ttls,
      loadOrigin,
      batchOf,
      clock,
    });
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
