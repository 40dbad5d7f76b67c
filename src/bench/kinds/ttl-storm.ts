import { machineMs } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { formatCount, formatDuration } from '../../base/units.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { VariantResult } from '../../results/run-result.ts';
import { followFleet, lossWarnings } from '../fleet-watch.ts';
import { Fleet } from '../instances/fleet.ts';
import { peakConcurrency } from '../load-log.ts';
import { mergeMeasured } from '../load-phase.ts';
import type { VariantRun } from '../plan.ts';
import { stormMetrics } from '../storm.ts';
import { stormFillTask, type StormFillResult } from '../tasks/storm-fill.ts';
import { type TimedLoad, type TimedLoadParams, timedLoadTask } from '../tasks/timed-load.ts';
import { courseOf, SLOT_MS } from '../slots.ts';
import { outcomeOf, warningsOf } from '../warnings.ts';
import type { Kind } from './kind.ts';

/** From the order to measure to the start of the window, at least, in milliseconds: it has to reach the instances. */
const LEAD_MS = 20;
/** The share of the keys that is stored first, to see how long all will take, and the time for them beyond that. */
const PROBED = 0.05;
const MARGIN = 1.5;

/** The `ttl-storm` kind: all keys are set at one time with one lifetime, and are read when it ends. */
export const runTtlStorm: Kind = async (run) => {
  const { ttlMs, windowMs } = workOf(run.scenario, 'ttl-storm');
  checkTtl(run, ttlMs);
  const fleet = await Fleet.open(run);
  const watch = followFleet(run, fleet);
  try {
    const keys = formatCount(run.scenario.keyspace.keys);
    run.onProgress({ phase: 'setup', message: `${run.variant.title}: storing ${keys} keys` });
    const neededMs = await probe(fleet, ttlMs);
    const expireAtMs = machineMs() + Math.max(ttlMs, neededMs + windowMs);
    const filled = await fleet.all(stormFillTask, () => ({ expireAtMs, part: 1 }));
    const fillMs = Math.max(...filled.map(({ tookMs }) => tookMs));
    if (outcomeOf(run) !== 'complete') {
      return { result: undefined, outcome: outcomeOf(run), warnings: lossWarnings(run, fleet) };
    }
    const fromMs = expireAtMs - windowMs;
    if (machineMs() + LEAD_MS > fromMs) throw tooLate(run, fillMs, neededMs);
    const untilMs = expireAtMs + windowMs;
    const params: TimedLoadParams = { startAtMs: fromMs, fromMs, untilMs, generation: 0 };
    const parts = await fleet.all(timedLoadTask, () => params);
    const result = resultOf(run, parts, { fromMs, expireAtMs, fillMs, filled });
    const outcome = outcomeOf(run);
    const warnings = warningsOf({ scenario: run.scenario, result, outcome, lost: run.bed.lostServer });
    return { result, outcome, warnings: [...warnings, ...lossWarnings(run, fleet)] };
  } finally {
    watch.stop();
    await fleet.close();
  }
};

/** How long storing all keys will take, with something to spare, by what a part of them takes; in milliseconds. */
async function probe(fleet: Fleet, ttlMs: number): Promise<number> {
  const expireAtMs = machineMs() + ttlMs;
  const probed = await fleet.all(stormFillTask, () => ({ expireAtMs, part: PROBED }));
  return (Math.max(...probed.map(({ tookMs }) => tookMs)) / PROBED) * MARGIN;
}

interface Filling {
  readonly fromMs: number;
  readonly expireAtMs: number;
  readonly fillMs: number;
  readonly filled: readonly StormFillResult[];
}

function resultOf(
  { scenario, variant }: VariantRun,
  [first, ...others]: readonly [TimedLoad, ...TimedLoad[]],
  { fromMs, expireAtMs, fillMs, filled }: Filling,
): VariantResult {
  const { ttlMs, windowMs } = workOf(scenario, 'ttl-storm');
  const parts = [first, ...others];
  const merged = mergeMeasured([first.measured, ...others.map(({ measured }) => measured)]).result;
  const { slots, loads } = courseOf(parts, fromMs, 2 * windowMs);
  const firstExpiryMs = expireAtMs - ttlMs * variant.engine.jitter;
  const calm = Math.max(0, Math.floor((firstExpiryMs - fromMs) / SLOT_MS));
  const metrics = {
    ...merged.metrics,
    ...evictions(filled, merged.metrics),
    ...stormMetrics(slots, loads, calm),
    'storm.fill.duration': fillMs,
    'origin.peak_concurrency': peakConcurrency(parts.map((part) => part.loads)),
  };
  return { ...merged, metrics };
}

/** Those while the keys were stored, which all instances have seen, and those after it. */
function evictions(
  filled: readonly StormFillResult[],
  measured: Readonly<Record<string, number>>,
): Record<string, number> {
  const tiers = [...new Set(filled.flatMap((part) => Object.keys(part.evictions)))];
  const dropped = tiers.map((tier) => {
    const whileFilling = Math.max(...filled.map((part) => part.evictions[tier] ?? 0));
    return [`${tier}.evictions`, whileFilling + (measured[`${tier}.evictions`] ?? 0)] as const;
  });
  return { ...Object.fromEntries(dropped), evictions: dropped.reduce((sum, [, count]) => sum + count, 0) };
}

function checkTtl({ scenario, variant }: VariantRun, ttlMs: number): void {
  const shorter = variant.tiers.find((tier) => tier !== 'l1' && scenario.tiers[tier].ttlMs < ttlMs);
  if (shorter === undefined) return;
  const message = `tiers.${shorter}.ttl is shorter than ttl_storm.ttl (${formatDuration(ttlMs)}): the keys would expire before`;
  throw new CachectlError('BAD_SCENARIO', message, { hint: `make tiers.${shorter}.ttl longer` });
}

function tooLate({ scenario }: VariantRun, fillMs: number, neededMs: number): CachectlError {
  const keys = formatCount(scenario.keyspace.keys);
  return new CachectlError(
    'BAD_SCENARIO',
    `storing ${keys} keys took ${formatDuration(fillMs)}; by the first of them ${formatDuration(neededMs)} were enough`,
    {
      hint: 'the machine has become slower: give more time with a longer ttl_storm.ttl, or use fewer keys',
    },
  );
}
