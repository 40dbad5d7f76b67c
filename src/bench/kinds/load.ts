import type { Warning } from '../../results/run-result.ts';
import { Fleet } from '../instances/fleet.ts';
import { recordFile } from '../replay/recorder.ts';
import { measureLoad, mergeMeasured, type Measured } from '../load-phase.ts';
import type { VariantRun } from '../plan.ts';
import { WHOLE, withShare } from '../share.ts';
import { openSubject } from '../subject.ts';
import { loadTask } from '../tasks/load.ts';
import { warningsOf } from '../warnings.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import type { Kind, VariantOutcome } from './kind.ts';

/** From all instances being ready to their common start, in milliseconds: the order has to reach them. */
const LEAD_MS = 200;

/** The `load` kind: one variant under the scenario's load, warm-up first, then the measured part. */
export const runLoad: Kind = async (run) =>
  run.scenario.instances === 1 ? loadHere(run) : loadInInstances(run);

async function loadHere(whole: VariantRun): Promise<VariantOutcome> {
  const run = { ...whole, scenario: withShare(whole.scenario, whole.share ?? WHOLE) };
  const subject = await openSubject(run);
  try {
    return outcomeOf(run, await measureLoad(run, subject), []);
  } finally {
    await subject.close();
  }
}

async function loadInInstances(run: VariantRun): Promise<VariantOutcome> {
  const fleet = await Fleet.open(run);
  const watch = followFleet(run, fleet);
  try {
    const startAtMs = run.clock.wallMs() + LEAD_MS;
    const measured = await fleet.all(loadTask, (index) => ({
      startAtMs,
      record: run.record === undefined ? undefined : recordFile(run.record, [index]),
    }));
    return outcomeOf(run, mergeMeasured(measured), lossWarnings(run, fleet));
  } finally {
    watch.stop();
    await fleet.close();
  }
}

function outcomeOf(
  { scenario }: VariantRun,
  { result, lost, outcome, warnings: found }: Measured,
  more: readonly Warning[],
): VariantOutcome {
  const warnings = warningsOf({ scenario, result, lost, outcome });
  return { result, outcome, warnings: [...warnings, ...found, ...more] };
}
