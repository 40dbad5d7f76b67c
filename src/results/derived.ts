import { LatencyRecorder, type LatencySummary } from '../metrics/latency.ts';
import type { VariantResult } from './run-result.ts';

type Merged = Pick<VariantResult, 'measuredMs' | 'histograms' | 'seconds'>;
type Metrics = Readonly<Record<string, number>>;

/** Histograms of a result that have metrics of their own, which are called as they are. */
const SUMMARIZED = [
  'latency',
  'service_latency',
  'schedule_slip',
  'wait',
  'change',
  'visible',
  'visible_everywhere',
  'visible_since_begun',
  'stale_for',
  ...['l1', 'redis', 'memcached', 'database', 'origin'].map((tier) => `${tier}.visible`),
];

/** The percentiles of a distribution as metrics; none when it is empty. */
export function percentileMetrics(name: string, summary: LatencySummary): Record<string, number> {
  const points = {
    p50: summary.percentile(50),
    p90: summary.percentile(90),
    p95: summary.percentile(95),
    p99: summary.percentile(99),
    p999: summary.percentile(99.9),
    max: summary.maxMs,
    mean: summary.meanMs,
  };
  return Object.fromEntries(
    Object.entries(points).flatMap(([point, ms]) => (ms === undefined ? [] : [[`${name}.${point}`, ms]])),
  );
}

/** Metrics that follow from others: what is neither a sum nor a maximum over the parts of a run. */
export function deriveMetrics(merged: Merged, counted: Metrics): Record<string, number> {
  return {
    ...Object.fromEntries(SUMMARIZED.flatMap((name) => Object.entries(percentilesOf(merged, name)))),
    ...operationLatencies(merged),
    ...ratios(merged, counted),
  };
}

function percentilesOf({ histograms }: Merged, name: string): Record<string, number> {
  const encoded = histograms[name];
  if (encoded === undefined) return {};
  const recorder = LatencyRecorder.decode(encoded);
  const metrics = percentileMetrics(name, recorder);
  recorder.close();
  return metrics;
}

/** Typical and slow latency of each operation alone: `set.latency.p99` of the histogram `latency:set`. */
function operationLatencies(merged: Merged): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const name of Object.keys(merged.histograms)) {
    const operation = /^latency:(.+)$/.exec(name)?.[1];
    if (operation === undefined) continue;
    const figures = percentilesOf(merged, name);
    for (const point of ['p50', 'p99']) {
      const ms = figures[`${name}.${point}`];
      const called = operation.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (ms !== undefined) metrics[`${called}.latency.${point}`] = ms;
    }
  }
  return metrics;
}

function ratios({ measuredMs, seconds }: Merged, counted: Metrics): Record<string, number> {
  const metrics: Record<string, number> = {};
  const operations = counted['operations'];
  if (operations !== undefined && measuredMs > 0) metrics['throughput'] = (operations * 1000) / measuredMs;
  const reads = seconds.reduce((sum, second) => sum + second.reads, 0);
  if (reads > 0) metrics['hit_ratio'] = seconds.reduce((sum, second) => sum + second.hits, 0) / reads;
  for (const [name, hits] of Object.entries(counted)) {
    const tier = /^(.+)\.hits$/.exec(name)?.[1];
    const looks = hits + (counted[`${tier}.misses`] ?? 0);
    if (tier !== undefined && looks > 0) metrics[`${tier}.hit_ratio`] = hits / looks;
    if (name.endsWith('.evictions')) metrics['evictions'] = (metrics['evictions'] ?? 0) + hits;
  }
  const coldKeys = counted['origin.cold_keys'] ?? 0;
  const loads = counted['origin.loads'];
  if (coldKeys > 0 && loads !== undefined) metrics['origin.loads_per_cold_key'] = loads / coldKeys;
  const judged = counted['reads.judged'] ?? 0;
  const stale = counted['stale.reads'];
  if (judged > 0 && stale !== undefined) metrics['stale.ratio'] = stale / judged;
  return metrics;
}
