import { seededRandom } from '../base/random.ts';
import type { OpenLoad, Scenario } from '../config/scenario.ts';
import { mergeVariants } from '../results/merge.ts';
import type { Outcome, VariantResult, Warning } from '../results/run-result.ts';
import { createPacer, type Pacer } from '../workload/arrivals.ts';
import { createRateCurve, delayed } from '../workload/rate-shapes.ts';
import type { Driver } from './drivers/driver.ts';
import { runClosedLoop } from './executors/closed-loop.ts';
import type { Loop } from './executors/executor.ts';
import { runOpenLoop } from './executors/open-loop.ts';
import { runRawLoop } from './executors/raw-loop.ts';
import { resultOf } from './measure.ts';
import type { VariantRun } from './plan.ts';
import { type Follower, Recording } from './recording.ts';
import { connectionsOver } from './schedule.ts';
import { everyNth, type Share, WHOLE } from './share.ts';
import { openSource } from './source.ts';
import type { Subject } from './subject.ts';
import { thinkTimes } from './think-time.ts';
import { watchRun } from './watch.ts';

/** What one process measured. */
export interface Measured {
  readonly result: VariantResult;
  readonly outcome: Outcome;
  /** Server that was lost in mid-run. */
  readonly lost: string | undefined;
  /** What is to be said besides what the result tells. */
  readonly warnings: readonly Warning[];
}

export interface LoadOptions {
  readonly follower?: Follower;
  /** What a server that fails for seconds means: the load ends (default), or it is part of the experiment. */
  readonly outages?: 'end' | 'expected';
}

/** The scenario's load on the subject, in this process: warm-up first, then the measured part. */
export async function measureLoad(
  run: VariantRun,
  subject: Subject,
  { follower, outages = 'end' }: LoadOptions = {},
): Promise<Measured> {
  const { scenario, clock } = run;
  const source = await openSource(run, subject);
  const statsBefore = (await subject.system?.cache.tierStats()) ?? {};
  const startMs = clock.nowMs() + scenario.warmupMs;
  const recording = new Recording(startMs, scenario.load.model, follower);
  const stop = new AbortController();
  const watch = watchRun(run, subject, recording, stop, { startMs, outages });
  subject.hooks.nextKey = source.anotherKey;
  const plan: Loop = {
    recording,
    nextOperation: source.nextOperation,
    nextKey: source.nextKey,
    supply: source.supply,
    clock,
    endMs: startMs + scenario.durationMs,
    signal: AbortSignal.any([run.signal, stop.signal]),
  };
  let waitedMs: number;
  try {
    waitedMs = await execute(run, subject.driver, plan, source.pacer);
  } catch (error) {
    watch.finish();
    await source.close();
    throw error;
  }
  const seen = watch.finish();
  const recorded = recording.finish(Math.min(clock.nowMs(), plan.endMs));
  const statsAfter = (await subject.system?.cache.tierStats()) ?? {};
  const result = resultOf(run, subject, recorded, { ...seen, waitedMs, statsBefore, statsAfter });
  const warnings = await source.close();
  const outcome: Outcome =
    seen.lost !== undefined ? 'server_lost' : run.signal.aborted ? 'interrupted' : 'complete';
  return { result, outcome, lost: seen.lost, warnings };
}

/** What several instances measured, as one. */
export function mergeMeasured(parts: readonly [Measured, ...Measured[]]): Measured {
  const [first, ...others] = parts;
  const result = mergeVariants([first.result, ...others.map((part) => part.result)]);
  const worst = [...parts].sort((a, b) => SEVERITY[b.outcome] - SEVERITY[a.outcome])[0] ?? first;
  const warnings = parts.flatMap((part) => part.warnings);
  return { result, outcome: worst.outcome, lost: worst.lost, warnings };
}

const SEVERITY: Readonly<Record<Outcome, number>> = { complete: 0, interrupted: 1, server_lost: 2 };

/** Gives the time in which arrivals waited for room, in milliseconds. */
async function execute(
  { scenario, share = WHOLE }: VariantRun,
  driver: Driver,
  plan: Loop,
  given: Pacer | undefined,
): Promise<number> {
  const { load, warmupMs } = scenario;
  if (load.model === 'closed') {
    const connections = connectionsOver(load, warmupMs);
    const think = thinkTimes(load.thinkMs, seededRandom(scenario.seed).fork('think'));
    if ('begin' in driver) await runRawLoop(driver, plan, connections, load.pipeline, think);
    else await runClosedLoop({ ...plan, driver }, connections, load.pipeline, think);
    return 0;
  }
  const { connections, maxInFlight } = load;
  const pacer = given ?? arrivalsOf(scenario, load, share);
  return runOpenLoop({ ...plan, driver }, { pacer, connections, maxInFlight });
}

function arrivalsOf({ seed, warmupMs }: Scenario, load: OpenLoad, share: Share): Pacer {
  const curve = delayed(createRateCurve(load.rate, load.shape), Math.max(0, warmupMs));
  return everyNth(createPacer(load.arrival, curve, seededRandom(seed).fork('arrivals')), share);
}
