import type { Warning } from '../results/run-result.ts';
import type { Fleet } from './instances/fleet.ts';
import type { Progress, VariantRun } from './plan.ts';

/** How often the progress of all instances is told as one, in milliseconds. */
const INTERVAL_MS = 1000;

/** Tells the progress of the instances as that of the run, and stops them when a server is lost. */
export function followFleet(run: VariantRun, fleet: Fleet): { stop(): void } {
  const look = (): void => {
    const progress = together(run, fleet.progress);
    if (progress !== undefined) run.onProgress(progress);
    if (run.bed.lostServer !== undefined) fleet.stop();
    cancel = run.clock.setTimer(look, INTERVAL_MS);
  };
  let cancel = run.clock.setTimer(look, INTERVAL_MS);
  return { stop: () => cancel() };
}

type Measuring = Extract<Progress, { elapsedMs: number }>;

/** Rates and failures are added; of the percentiles the worst is told, as long as the run goes on. */
function together({ variant, index, count }: VariantRun, all: readonly Progress[]): Measuring | undefined {
  const measuring = all.filter((progress): progress is Measuring => 'elapsedMs' in progress);
  const [first] = measuring;
  if (first === undefined) return undefined;
  const worst = measuring.map(({ p99Ms }) => p99Ms).filter((p99Ms) => p99Ms !== undefined);
  return {
    ...first,
    variant: variant.title,
    index,
    count,
    throughput: measuring.reduce((sum, { throughput }) => sum + throughput, 0),
    errors: measuring.reduce((sum, { errors }) => sum + errors, 0),
    hitRatio: meanOf(measuring.flatMap(({ hitRatio }) => hitRatio ?? [])),
    p99Ms: worst.length === 0 ? undefined : Math.max(...worst),
  };
}

/** The instances have about as many reads each. */
function meanOf(ratios: readonly number[]): number | undefined {
  return ratios.length === 0 ? undefined : ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

/** One for each instance that has ended by itself. */
export function lossWarnings({ variant }: VariantRun, fleet: Fleet): readonly Warning[] {
  return fleet.losses.map(({ message }) => ({
    code: 'instance_lost',
    variant: variant.id,
    message: `${message}; what it measured is missing`,
  }));
}
