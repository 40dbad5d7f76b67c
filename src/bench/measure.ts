import type { TierStats } from '../backends/tier.ts';
import type { Scenario } from '../config/scenario.ts';
import type { CacheCounts } from '../engine/index.ts';
import type { LatencyRecorder } from '../metrics/latency.ts';
import type { ProcessFigures } from '../metrics/process-samplers.ts';
import type { Recorded } from './recording.ts';

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
}

type Metrics = Record<string, number>;

/** The metrics of a variant, by their names in the catalog. What was not measured is absent. */
export function metricsOf(scenario: Scenario, recorded: Recorded, counted: Counted): Metrics {
  const reads = recorded.seconds.reduce((sum, second) => sum + second.reads, 0);
  const hits = recorded.seconds.reduce((sum, second) => sum + second.hits, 0);
  const { load } = scenario;
  return {
    ...(recorded.measuredMs > 0 && { throughput: (recorded.operations * 1000) / recorded.measuredMs }),
    ...(load.model === 'open' && { offered_rate: load.rate }),
    operations: recorded.operations,
    errors: recorded.errors.total,
    ...percentiles('latency', recorded.latency),
    ...percentiles('service_latency', recorded.service),
    ...(recorded.slip !== undefined && percentiles('schedule_slip', recorded.slip)),
    ...(reads > 0 && { hit_ratio: hits / reads }),
    ...tierMetrics(counted),
    'origin.loads': counted.loads,
    'origin.loads_avoided': Math.max(0, (recorded.byOperation.get('getOrLoad')?.count ?? 0) - counted.loads),
    ...memoryMetrics(counted),
    ...(counted.generator.lagP99Ms !== undefined && { 'event_loop.lag.p99': counted.generator.lagP99Ms }),
    'event_loop.utilization': counted.generator.utilization,
  };
}

function percentiles(name: string, recorder: LatencyRecorder): Metrics {
  const points = {
    p50: recorder.percentile(50),
    p90: recorder.percentile(90),
    p99: recorder.percentile(99),
    p999: recorder.percentile(99.9),
    max: recorder.maxMs,
    mean: recorder.meanMs,
  };
  return Object.fromEntries(
    Object.entries(points).flatMap(([point, ms]) => (ms === undefined ? [] : [[`${name}.${point}`, ms]])),
  );
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
    if (hits + misses > 0) metrics[`${tier}.hit_ratio`] = hits / (hits + misses);
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
      const evictions = after.evictions - (before?.evictions ?? 0);
      metrics[`${tier}.evictions`] = evictions;
      metrics['evictions'] = (metrics['evictions'] ?? 0) + evictions;
    }
  }
  return metrics;
}
