import { machineMs } from '../../base/clock.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { Start } from '../../config/kinds/warming.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import { mergeMeasured } from '../load-phase.ts';
import type { VariantRun } from '../plan.ts';
import { rollOut } from '../rollout.ts';
import { type TimedLoad, type TimedLoadParams, timedLoadTask } from '../tasks/timed-load.ts';
import { type WarmParams, warmTask } from '../tasks/warm.ts';
import { courseOf, SLOT_MS } from '../slots.ts';
import { rolloutMetrics, startMetrics } from '../warm-up.ts';
import { outcomeOf, warningsOf } from '../warnings.ts';
import type { Kind, VariantOutcome } from './kind.ts';

/** From all instances being ready to the common start, in milliseconds. */
const LEAD_MS = 100;

const OWN_KEYS: WarmParams = { which: 'own' };
const ALL_KEYS: WarmParams = { which: 'all' };

interface Figures {
  readonly parts: readonly [TimedLoad, ...TimedLoad[]];
  readonly metrics: Readonly<Record<string, number>>;
}

/** The `warming` kind: the scenario's load, from the moment on at which it finds the tiers as the variant says. */
export const runWarming: Kind = async (run) => {
  const fleet = await Fleet.open(run);
  const watch = followFleet(withPlannedLength(run), fleet);
  try {
    const figures = await STARTS[run.variant.start ?? 'cold'](run, fleet);
    return outcomeWith(run, fleet, figures);
  } finally {
    watch.stop();
    await fleet.close();
  }
};

const STARTS: Readonly<Record<Start, (run: VariantRun, fleet: Fleet) => Promise<Figures | undefined>>> = {
  cold: loadFromCold,
  warmed: async (run, fleet) => {
    run.onProgress({ phase: 'setup', message: `${run.variant.title}: warming the most popular keys` });
    const beganMs = machineMs();
    const counts = await fleet.all(warmTask, () => OWN_KEYS);
    await fleet.all(warmTask, () => ALL_KEYS);
    const durationMs = machineMs() - beganMs;
    const figures = await loadFromCold(run, fleet);
    const loads = counts.reduce((sum, { warmed }) => sum + warmed, 0);
    const preload = { 'warmup.preload.duration': durationMs, 'warmup.preload.loads': loads };
    return figures && { ...figures, metrics: { ...figures.metrics, ...preload } };
  },
  'l2-warm': async (run, fleet) => {
    const startAtMs = machineMs() + LEAD_MS;
    const untilMs = startAtMs + run.scenario.warmupMs;
    const params: TimedLoadParams = { startAtMs, fromMs: startAtMs, untilMs, generation: 0 };
    await fleet.all(timedLoadTask, () => params);
    if (run.signal.aborted) return undefined;
    await Promise.all(Array.from({ length: fleet.size }, (_, index) => fleet.restart(index)));
    return loadFromCold(run, fleet);
  },
  rolling: async (run, fleet) => {
    const { pauseMs } = workOf(run.scenario, 'warming');
    const done = await rollOut(run, fleet, { startAtMs: machineMs() + LEAD_MS, pauseMs });
    const { parts, fromMs, beganMs, endedMs, untilMs } = done;
    const slotOf = (ms: number): number => Math.ceil((ms - fromMs) / SLOT_MS);
    const course = courseOf(parts, fromMs, untilMs - fromMs);
    return { parts, metrics: rolloutMetrics(course, slotOf(beganMs), slotOf(endedMs)) };
  },
};

/** The instances of a deploy do not know how long they work; the plan does. */
function withPlannedLength(run: VariantRun): VariantRun {
  const { warmupMs, durationMs } = run.scenario;
  const plannedMs = warmupMs + durationMs;
  return {
    ...run,
    onProgress: (progress) => {
      if ('totalMs' in progress && progress.totalMs > plannedMs) {
        const elapsedMs = Math.min(progress.elapsedMs, plannedMs);
        run.onProgress({ ...progress, elapsedMs, totalMs: plannedMs });
      } else run.onProgress(progress);
    },
  };
}

async function loadFromCold(run: VariantRun, fleet: Fleet): Promise<Figures | undefined> {
  if (run.signal.aborted) return undefined;
  const { durationMs } = run.scenario;
  const fromMs = machineMs() + LEAD_MS;
  const untilMs = fromMs + durationMs;
  const params: TimedLoadParams = { startAtMs: fromMs, fromMs, untilMs, generation: 1 };
  const parts = await fleet.all(timedLoadTask, () => params);
  // shorter when it was interrupted
  const lengthMs = Math.min(durationMs, machineMs() - fromMs);
  return { parts, metrics: startMetrics(courseOf(parts, fromMs, lengthMs)) };
}

function outcomeWith(run: VariantRun, fleet: Fleet, figures: Figures | undefined): VariantOutcome {
  const outcome = outcomeOf(run);
  if (figures === undefined) return { result: undefined, outcome, warnings: lossWarnings(run, fleet) };
  const { scenario, variant } = run;
  const [first, ...others] = figures.parts;
  const merged = mergeMeasured([first.measured, ...others.map(({ measured }) => measured)]).result;
  // a replaced instance and the one in its place have measured one share of the load between them
  const offered =
    scenario.load.model === 'open' ? { offered_rate: scenario.load.rate / (run.share?.count ?? 1) } : {};
  const result = { ...merged, metrics: { ...merged.metrics, ...offered, ...figures.metrics } };
  const warnings = warningsOf({ scenario, result, outcome, lost: run.bed.lostServer }).filter(
    // the share of an instance that is being replaced is not sent
    ({ code }) => code !== 'rate_not_reached' || variant.start !== 'rolling',
  );
  return { result, outcome, warnings: [...warnings, ...lossWarnings(run, fleet)] };
}
