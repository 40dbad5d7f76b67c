import { machineMs } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { CachectlError } from '../../base/errors.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { Fault } from '../../config/scenario.ts';
import type { RunEvent, VariantResult, Warning } from '../../results/run-result.ts';
import type { DisturbedServer } from '../../testbed/faults/faults.ts';
import { faultMetrics, type FaultTimes } from '../fault-windows.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import { mergeMeasured } from '../load-phase.ts';
import type { VariantRun } from '../plan.ts';
import { failoverTask, type FailoverResult } from '../tasks/failover.ts';
import { mergeSlots } from '../timeline.ts';
import { outcomeOf, warningsOf } from '../warnings.ts';
import type { Kind, VariantOutcome } from './kind.ts';

/** From all instances being ready to their common start, in milliseconds. */
const LEAD_MS = 200;

/** The `failover` kind: the scenario's load in all instances, and a server that is disturbed meanwhile. */
export const runFailover: Kind = async (run) => {
  const { fault } = run.variant;
  const { faults } = run.bed;
  if (fault === undefined || faults === undefined) {
    throw new CachectlError('UNEXPECTED', `variant ${run.variant.id} has no fault, or no server to have it`);
  }
  const server = await faults.openWay(fault.tier);
  try {
    const fleet = await Fleet.open(run, server.target);
    try {
      return await measure(run, fleet, fault, server);
    } finally {
      await fleet.close();
    }
  } finally {
    await server.close();
  }
};

async function measure(
  run: VariantRun,
  fleet: Fleet,
  fault: Fault,
  server: DisturbedServer,
): Promise<VariantOutcome> {
  const watch = followFleet(run, fleet);
  const over = new AbortController();
  const startAtMs = machineMs() + LEAD_MS;
  const disturbing = disturb(run, fault, server, startAtMs + run.scenario.warmupMs, over.signal);
  try {
    const [parts, times] = await Promise.all([fleet.all(failoverTask, () => ({ startAtMs })), disturbing]);
    return report(run, fleet, fault, parts, times);
  } finally {
    watch.stop();
    over.abort();
    await Promise.allSettled([disturbing]);
  }
}

/** Begins the fault and ends it when it is time; undefined when the run ends before that. */
async function disturb(
  { scenario, clock, signal }: VariantRun,
  { kind }: Fault,
  server: DisturbedServer,
  startMs: number,
  over: AbortSignal,
): Promise<FaultTimes | undefined> {
  const { afterMs, forMs, delayMs, jitterMs, bandwidth } = workOf(scenario, 'failover');
  const end = AbortSignal.any([signal, over]);
  const until = (ms: number): Promise<boolean> =>
    delay(clock, Math.max(0, startMs + ms - machineMs()), end).then(
      () => true,
      () => false,
    );
  if (!(await until(afterMs))) return undefined;
  const beginMs = machineMs() - startMs;
  try {
    await server.begin(kind, { delayMs, jitterMs, bandwidth });
    await until(beginMs + forMs);
  } finally {
    await server.end();
  }
  return { beginMs, endMs: machineMs() - startMs };
}

function report(
  run: VariantRun,
  fleet: Fleet,
  fault: Fault,
  parts: readonly [FailoverResult, ...FailoverResult[]],
  times: FaultTimes | undefined,
): VariantOutcome {
  const { scenario, bed } = run;
  const [first, ...others] = parts;
  const merged = mergeMeasured([first.measured, ...others.map(({ measured }) => measured)]).result;
  const outcome = outcomeOf(run);
  const envelope =
    times === undefined ? {} : faultMetrics(mergeSlots(parts.map(({ slots }) => slots)), times);
  const result: VariantResult = {
    ...merged,
    metrics: { ...merged.metrics, ...envelope },
    ...(times !== undefined && { events: eventsOf(fault, times) }),
  };
  const warnings = warningsOf({ scenario, result, outcome, lost: bed.lostServer });
  const late = outcome === 'complete' ? notRecovered(result) : [];
  return { result, outcome, warnings: [...warnings, ...late, ...lossWarnings(run, fleet)] };
}

function eventsOf({ tier, kind }: Fault, { beginMs, endMs }: FaultTimes): readonly RunEvent[] {
  return [
    { at: beginMs / 1000, what: `${tier}: ${kind} begins` },
    { at: endMs / 1000, what: `${tier}: ${kind} ends` },
  ];
}

function notRecovered({ id, metrics }: VariantResult): readonly Warning[] {
  if (metrics['recovery.time'] !== undefined) return [];
  const message = 'the tier was not as before again when the run ended: measure for longer';
  return [{ code: 'not_recovered', variant: id, message }];
}
