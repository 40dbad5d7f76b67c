import { formatCount, formatDuration, formatRate, formatRatio, formatSize } from '../base/units.ts';
import { findMetric, type MetricUnit } from '../metrics/catalog.ts';

const FORMATS: Readonly<Record<MetricUnit, (value: number) => string>> = {
  ms: formatDuration,
  per_second: formatRate,
  ratio: formatRatio,
  count: formatCount,
  bytes: formatSize,
};

/** A metric's value as text, in its unit; `–` when it was not measured. */
export function formatMetric(name: string, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return FORMATS[findMetric(name)?.unit ?? 'count'](value);
}
