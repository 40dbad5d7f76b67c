import { type Random, seededRandom } from '../../base/random.ts';
import type { Outcome, VariantResult, Warning } from '../../results/run-result.ts';
import { createPacer } from '../../workload/arrivals.ts';
import { createKeyDistribution } from '../../workload/distributions.ts';
import { OperationMix } from '../../workload/operations.ts';
import { runClosedLoop } from '../executors/closed-loop.ts';
import type { LoopPlan } from '../executors/executor.ts';
import { runOpenLoop } from '../executors/open-loop.ts';
import { metricsOf } from '../measure.ts';
import type { VariantRun } from '../plan.ts';
import { Recording, release } from '../recording.ts';
import { openSubject, type Subject } from '../subject.ts';
import { warningsOf } from '../warnings.ts';
import { watchRun } from '../watch.ts';

export interface VariantOutcome {
  readonly result: VariantResult | undefined;
  readonly warnings: readonly Warning[];
  readonly outcome: Outcome;
}

/** The `load` kind: one variant under the scenario's load, warm-up first, then the measured part. */
export async function runLoad(run: VariantRun): Promise<VariantOutcome> {
  const random = seededRandom(run.scenario.seed);
  const subject = await openSubject(run, random);
  let left: readonly string[] = [];
  let measured: VariantOutcome;
  try {
    measured = await measure(run, subject, random);
  } finally {
    left = await subject.close();
  }
  return { ...measured, warnings: [...measured.warnings, ...leftovers(run, left)] };
}

function leftovers({ variant, testbed }: VariantRun, tiers: readonly string[]): readonly Warning[] {
  if (tiers.length === 0) return [];
  const message = `keys beginning with '${testbed.prefix}:' could not be deleted from ${tiers.join(' and ')}; they end by their time to live`;
  return [{ code: 'leftovers', variant: variant.id, message }];
}

async function measure(run: VariantRun, subject: Subject, random: Random): Promise<VariantOutcome> {
  const { scenario, variant, clock } = run;
  const statsBefore = (await subject.system?.cache.tierStats()) ?? {};
  const startMs = clock.nowMs() + scenario.warmupMs;
  const recording = new Recording(startMs, scenario.load.model);
  const stop = new AbortController();
  const watch = watchRun(run, subject, recording, stop, startMs);
  const plan: LoopPlan = {
    driver: subject.driver,
    recording,
    nextOperation: nextOperation(run, random),
    nextKey: nextKey(run, random),
    clock,
    endMs: startMs + scenario.durationMs,
    signal: AbortSignal.any([run.signal, stop.signal]),
  };
  const waitedMs = await execute(run, plan, random);
  const seen = watch.finish();
  const recorded = recording.finish(Math.min(clock.nowMs(), plan.endMs));
  const statsAfter = (await subject.system?.cache.tierStats()) ?? {};
  const result: VariantResult = {
    id: variant.id,
    title: variant.title,
    tiers: variant.tiers,
    measuredMs: recorded.measuredMs,
    metrics: metricsOf(scenario, recorded, { ...seen, statsBefore, statsAfter }),
    histograms: {
      latency: recorded.latency.encode(),
      service_latency: recorded.service.encode(),
      ...Object.fromEntries(
        [...recorded.byOperation].map(([operation, recorder]) => [`latency:${operation}`, recorder.encode()]),
      ),
    },
    seconds: recorded.seconds,
    errors: [...recorded.errors.entries(), ...subject.tierErrors.entries()],
  };
  const outcome: Outcome =
    seen.lost !== undefined ? 'server_lost' : run.signal.aborted ? 'interrupted' : 'complete';
  const warnings = warningsOf({ scenario, result, recorded, waitedMs, lost: seen.lost, outcome });
  release(recorded);
  return { result, warnings, outcome };
}

/** Gives the time in which arrivals waited for room, in milliseconds. */
async function execute({ scenario }: VariantRun, plan: LoopPlan, random: Random): Promise<number> {
  const { load } = scenario;
  if (load.model === 'closed') {
    await runClosedLoop(plan, load.connections);
    return 0;
  }
  const { connections, maxInFlight } = load;
  const pacer = createPacer(load.arrival, load.rate, random.fork('arrivals'));
  return runOpenLoop(plan, { pacer, connections, maxInFlight });
}

function nextOperation({ scenario }: VariantRun, random: Random): LoopPlan['nextOperation'] {
  const mix = new OperationMix(scenario.operations, random.fork('operations'));
  return () => mix.next();
}

function nextKey({ scenario }: VariantRun, random: Random): LoopPlan['nextKey'] {
  const { distribution } = scenario.keyspace;
  const keys = createKeyDistribution(
    distribution,
    scenario.keyspace,
    random.fork('layout'),
    random.fork('keys'),
  );
  return () => keys.next();
}
