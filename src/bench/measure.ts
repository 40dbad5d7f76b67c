import type { TierStats } from '../backends/tier.ts';
import type { Scenario } from '../config/scenario.ts';
import type { CacheCounts } from '../engine/index.ts';
import type { LatencyRecorder } from '../metrics/latency.ts';
import type { ProcessFigures } from '../metrics/process-samplers.ts';
import { deriveMetrics } from '../results/derived.ts';
import type { VariantResult } from '../results/run-result.ts';
import type { VariantRun } from './plan.ts';
import { encodeHistograms, type Recorded, release } from './recording.ts';
import { type Share, WHOLE } from './share.ts';
import type { Subject } from './subject.ts';
import { offeredRate } from './schedule.ts';

type StatsByTier = Readonly<Record<string, TierStats>>;

/** Counters around the measured part. */
export interface Counted {
  readonly countsBefore: CacheCounts | undefined;
  readonly countsAfter: CacheCounts | undefined;
  /** Loads from the origin in the measured part. */
  readonly loads: number;
  readonly statsBefore: StatsByTier;
  readonly statsAfter: StatsByTier;
  readonly generator: ProcessFigures;
  /** Time in which arrivals waited for room, in milliseconds. */
  readonly waitedMs: number;
}

type Metrics = Record<string, number>;

/** The result of a variant; frees the recording. `more` and `distributions`: what the kind has besides the usual. */
export function resultOf(
  { scenario, variant, share = WHOLE }: Pick<VariantRun, 'scenario' | 'variant' | 'share'>,
  subject: Subject,
  recorded: Recorded,
  counted: Counted,
  more: Metrics = {},
  distributions: Readonly<Record<string, LatencyRecorder>> = {},
): VariantResult {
  const { measuredMs, seconds } = recorded;
  const others = Object.entries(distributions).map(([name, recorder]) => [name, recorder.encode()] as const);
  const histograms = { ...encodeHistograms(recorded), ...Object.fromEntries(others) };
  const parts = { measuredMs, seconds, histograms };
  const metrics = { ...countedMetrics(scenario, share, recorded, counted), ...subject.figures?.(), ...more };
  const errors = [...recorded.errors.entries(), ...subject.tierErrors.entries()];
  release(recorded);
  const { id, title, tiers, driver, round } = variant;
  const which = { id, title, tiers, driver, ...(round !== undefined && { round }) };
  return { ...which, ...parts, metrics: { ...metrics, ...deriveMetrics(parts, metrics) }, errors };
}

/** The metrics of a variant that are counted, not derived. What was not measured is absent. */
function countedMetrics(scenario: Scenario, share: Share, recorded: Recorded, counted: Counted): Metrics {
  const offered = offeredRate(scenario);
  return {
    ...(offered !== undefined && {
      offered_rate: offered / share.count,
      'generator.waited': counted.waitedMs,
    }),
    operations: recorded.operations,
    errors: recorded.errors.total,
    ...tierMetrics(counted),
    'origin.loads': counted.loads,
    'origin.loads_avoided': Math.max(0, (recorded.byOperation.get('getOrLoad')?.count ?? 0) - counted.loads),
    ...memoryMetrics(counted),
    ...(counted.generator.lagP99Ms !== undefined && { 'event_loop.lag.p99': counted.generator.lagP99Ms }),
    ...(recorded.operations > 0 && { 'cpu.per_operation': counted.generator.cpuMs / recorded.operations }),
    'event_loop.utilization': counted.generator.utilization,
    'generator.cores': counted.generator.cores,
    'generator.starved': counted.generator.starved,
  };
}

function tierMetrics({ countsBefore, countsAfter }: Counted): Metrics {
  const metrics: Metrics = {};
  for (const [tier, after] of Object.entries(countsAfter?.tiers ?? {})) {
    const before = countsBefore?.tiers[tier];
    const hits = after.hits - (before?.hits ?? 0);
    const misses = after.misses - (before?.misses ?? 0);
    metrics[`${tier}.hits`] = hits;
    metrics[`${tier}.misses`] = misses;
    metrics[`${tier}.errors`] = after.errors - (before?.errors ?? 0);
  }
  return metrics;
}

function memoryMetrics({ statsBefore, statsAfter, generator }: Counted): Metrics {
  const metrics: Metrics = { 'memory.process.bytes': generator.maxRssBytes };
  for (const [tier, after] of Object.entries(statsAfter)) {
    const before = statsBefore[tier];
    if (after.usedBytes !== undefined) {
      metrics[`memory.${tier}.bytes`] = Math.max(0, after.usedBytes - (before?.usedBytes ?? 0));
    }
    if (after.evictions !== undefined) {
      metrics[`${tier}.evictions`] = after.evictions - (before?.evictions ?? 0);
    }
  }
  return metrics;
}
