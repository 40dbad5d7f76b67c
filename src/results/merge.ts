import { findMetric } from '../metrics/catalog.ts';
import { mergeRuleOf } from '../metrics/metric.ts';
import type { ErrorCount } from '../metrics/counters.ts';
import type { SecondSample } from '../metrics/interval-series.ts';
import { LatencyRecorder } from '../metrics/latency.ts';
import { deriveMetrics } from './derived.ts';
import type { VariantResult } from './run-result.ts';

/**
 * What several instances or machines measured of one variant, as one. Nothing is lost: counts are added,
 * percentiles come from the merged histograms.
 * @throws CachectlError `BAD_RESULT` when a histogram is damaged
 */
export function mergeVariants(parts: readonly [VariantResult, ...VariantResult[]]): VariantResult {
  const [first, ...others] = parts;
  if (others.length === 0) return first;
  const { id, title, tiers, driver } = first;
  const which = { id, title, tiers, ...(driver !== undefined && { driver }) };
  const merged = {
    measuredMs: Math.max(...parts.map((part) => part.measuredMs)),
    histograms: mergeHistograms(parts),
    seconds: mergeSeconds(parts.map((part) => part.seconds)),
    errors: mergeErrors(parts.map((part) => part.errors)),
  };
  const counted = mergeCounts(parts.map((part) => part.metrics));
  return { ...which, ...merged, metrics: { ...counted, ...deriveMetrics(merged, counted) } };
}

function mergeHistograms(parts: readonly VariantResult[]): VariantResult['histograms'] {
  const names = new Set(parts.flatMap((part) => Object.keys(part.histograms)));
  return Object.fromEntries(
    [...names].map((name) => [name, addUp(parts.flatMap((part) => part.histograms[name] ?? []))]),
  );
}

/** The encoded histograms as one, at the grain of the first. */
function addUp(encoded: readonly string[], grain: 'fine' | 'coarse' = 'fine'): string {
  const total = new LatencyRecorder(undefined, grain);
  try {
    for (const text of encoded) {
      const part = LatencyRecorder.decode(text, undefined, grain);
      total.merge(part);
      part.close();
    }
    return total.encode();
  } finally {
    total.close();
  }
}

/** The metrics that are sums or maxima, of all parts that have them. */
function mergeCounts(parts: readonly VariantResult['metrics'][]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    const metric = findMetric(name);
    const rule = metric === undefined ? 'derived' : mergeRuleOf(metric);
    if (rule === 'sum') merged[name] = (merged[name] ?? 0) + value;
    if (rule === 'max') merged[name] = Math.max(merged[name] ?? -Infinity, value);
  }
  return merged;
}

function mergeSeconds(series: readonly (readonly SecondSample[])[]): readonly SecondSample[] {
  const length = Math.max(...series.map((seconds) => seconds.length));
  return Array.from({ length }, (_, at) =>
    mergeSecond(
      at,
      series.flatMap((seconds) => seconds[at] ?? []),
    ),
  );
}

function mergeSecond(at: number, parts: readonly SecondSample[]): SecondSample {
  const sum = (of: (part: SecondSample) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const second = {
    at,
    operations: sum((part) => part.operations),
    errors: sum((part) => part.errors),
    hits: sum((part) => part.hits),
    reads: sum((part) => part.reads),
  };
  const encoded = parts.flatMap((part) => part.latency ?? []);
  if (encoded.length === 0) return second;
  const latency = addUp(encoded, 'coarse');
  const recorder = LatencyRecorder.decode(latency, undefined, 'coarse');
  const p99Ms = recorder.percentile(99);
  recorder.close();
  return { ...second, latency, ...(p99Ms !== undefined && { p99Ms }) };
}

function mergeErrors(parts: readonly (readonly ErrorCount[])[]): readonly ErrorCount[] {
  const counts = new Map<string, number>();
  for (const { message, count } of parts.flat()) counts.set(message, (counts.get(message) ?? 0) + count);
  return [...counts].map(([message, count]) => ({ message, count })).sort((a, b) => b.count - a.count);
}
