import { formatCount, formatDuration, formatRate, formatRatio, formatSize } from '../base/units.ts';
import { findMetric } from '../metrics/catalog.ts';
import { type MetricUnit } from '../metrics/metric.ts';
import type { VariantResult } from '../results/run-result.ts';

/**
 * A variant's figure, when it was measured. Latencies of no operations at all were not, even where an empty
 * histogram has put a zero.
 */
export function figureOf({ metrics }: VariantResult, name: string): number | undefined {
  if (metrics['operations'] === 0 && findMetric(name)?.unit === 'ms') return undefined;
  const value = metrics[name];
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

const FORMATS: Readonly<Record<MetricUnit, (value: number) => string>> = {
  ms: formatDuration,
  per_second: formatRate,
  ratio: formatRatio,
  factor: (value) => value.toFixed(2),
  count: formatCount,
  bytes: formatSize,
};

/** A metric's value as text, in its unit; `–` when it was not measured. */
export function formatMetric(name: string, value: number | undefined): string {
  return value === undefined ? '–' : FORMATS[findMetric(name)?.unit ?? 'count'](value);
}
