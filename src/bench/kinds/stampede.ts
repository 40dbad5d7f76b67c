import { workOf } from '../../config/kinds/registry.ts';
import { stampedeMs } from '../../config/kinds/stampede.ts';
import { mergeVariants } from '../../results/merge.ts';
import { lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import { peakConcurrency } from '../load-log.ts';
import { stampedeTask } from '../tasks/stampede.ts';
import { outcomeOf, warningsOf } from '../warnings.ts';
import type { Kind } from './kind.ts';

/** From all instances being ready to the common start, in milliseconds. */
const LEAD_MS = 200;

/**
 * The `stampede` kind: a key that nobody has is wanted by the callers of all instances at once, and again each time
 * that it has expired.
 */
export const runStampede: Kind = async (run) => {
  const lengthMs = stampedeMs(workOf(run.scenario, 'stampede'));
  const fleet = await Fleet.open(run);
  try {
    const startAtMs = run.clock.wallMs() + LEAD_MS;
    const [first, ...others] = await fleet.all(stampedeTask, () => ({ startAtMs, lengthMs }));
    const parts = [first, ...others];
    const merged = mergeVariants([first.result, ...others.map(({ result }) => result)]);
    const peak = peakConcurrency(parts.map(({ loads }) => loads));
    const result = { ...merged, metrics: { ...merged.metrics, 'origin.peak_concurrency': peak } };
    const outcome = outcomeOf(run);
    const warnings = warningsOf({ scenario: run.scenario, result, outcome, lost: run.bed.lostServer });
    return { result, outcome, warnings: [...warnings, ...lossWarnings(run, fleet)] };
  } finally {
    await fleet.close();
  }
};
