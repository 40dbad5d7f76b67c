import { formatCount, formatDuration } from '../../base/units.ts';
import type { Warning } from '../../results/run-result.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import { mergeMeasured } from '../load-phase.ts';
import type { VariantRun } from '../plan.ts';
import { withRoom } from '../room.ts';
import { sizedBed } from '../sized-bed.ts';
import { type EvictionResult, evictionTask } from '../tasks/eviction.ts';
import { warningsOf } from '../warnings.ts';
import type { Kind, VariantOutcome } from './kind.ts';

/** From all instances being ready to the common start, in milliseconds. */
const LEAD_MS = 200;

/** The `eviction` kind: a variant is the scenario's load on tiers of one size with one policy. */
export const runEviction: Kind = async (whole) => {
  const sized = await sizedBed(whole.bed, whole.variant, whole.env ?? {});
  try {
    return await onBed({ ...whole, bed: sized.bed, scenario: withRoom(whole.scenario, whole.variant.room) });
  } finally {
    await sized.close();
  }
};

async function onBed(run: VariantRun): Promise<VariantOutcome> {
  const fleet = await Fleet.open(run);
  const watch = followFleet(run, fleet);
  try {
    const startAtMs = run.clock.wallMs() + LEAD_MS;
    const parts = await fleet.all(evictionTask, () => ({ startAtMs }));
    const measured = mergeMeasured(parts);
    const { result, lost, outcome } = measured;
    const warnings = warningsOf({ scenario: run.scenario, result, lost, outcome }).filter(
      // It is what is measured here.
      ({ code }) => code !== 'evictions',
    );
    const more = [...unfinished(run, parts), ...measured.warnings, ...lossWarnings(run, fleet)];
    return { result, outcome, warnings: [...warnings, ...more] };
  } finally {
    watch.stop();
    await fleet.close();
  }
}

/** Sizes are compared on the same requests: one that came to an end by time is not comparable. */
function unfinished({ scenario, variant }: VariantRun, parts: readonly EvictionResult[]): readonly Warning[] {
  const wanted = parts.reduce((sum, part) => sum + (part.wanted ?? 0), 0);
  const made = parts.reduce((sum, { begun }) => sum + begun, 0);
  if (made >= wanted) return [];
  const message = `only ${formatCount(made)} of ${formatCount(wanted)} requests were made in ${formatDuration(scenario.warmupMs + scenario.durationMs)}: give it a longer duration, or compare it with no other size`;
  return [{ code: 'course_not_ended', variant: variant.id, message }];
}
