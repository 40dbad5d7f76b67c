import type { VariantResult } from '../results/run-result.ts';
import type { Column } from './grid.ts';
import { figureOf, formatMetric } from './metric-text.ts';
import { TIER_LABELS } from './names.ts';
import type { Style } from './style.ts';

interface ColumnSpec {
  readonly metric: string;
  readonly header: string;
  readonly group?: string;
  /** Shown even when no variant has it. */
  readonly always?: true;
  /** Shown only where this metric is. */
  readonly beside?: string;
}

const latency = (point: string, header: string): ColumnSpec => ({
  metric: `latency.${point}`,
  header,
  group: 'latency',
  always: true,
});

/** From the most to the least important: what does not fit beside the others goes below them. */
const COLUMNS: readonly ColumnSpec[] = [
  { metric: 'throughput', header: 'throughput', always: true },
  latency('p50', 'p50'),
  latency('p90', 'p90'),
  latency('p99', 'p99'),
  latency('p999', 'p99.9'),
  { metric: 'hit_ratio', header: 'hit ratio', always: true },
  { metric: 'errors', header: 'errors', always: true },
  { metric: 'visible_everywhere.p50', header: 'p50', group: 'visible everywhere' },
  { metric: 'visible_everywhere.p99', header: 'p99', group: 'visible everywhere' },
  { metric: 'stale.ratio', header: 'share', group: 'stale reads' },
  { metric: 'stale.max_age', header: 'oldest', group: 'stale reads' },
  { metric: 'stale.beyond_bound', header: 'over bound', group: 'stale reads' },
  { metric: 'stale.resurrected', header: 'resurrected', group: 'stale reads' },
  ...Object.entries(TIER_LABELS).map(([tier, header]) => ({
    metric: `${tier}.hit_ratio`,
    header,
    group: 'hit ratio by tier',
  })),
  { metric: 'stale_for.p99', header: 'p99', group: 'last old value' },
  { metric: 'stale_for.max', header: 'max', group: 'last old value' },
  ...Object.entries(TIER_LABELS).map(([tier, header]) => ({
    metric: `${tier}.visible.p99`,
    header,
    group: 'visible p99 by tier',
  })),
  { metric: 'visible.slowest_instance', header: 'p99', group: 'slowest instance' },
  { metric: 'purge.deleted', header: 'purged' },
  { metric: 'change.p50', header: 'p50', group: 'change' },
  { metric: 'change.p99', header: 'p99', group: 'change' },
  { metric: 'fault.errors', header: 'errors', group: 'during the fault' },
  { metric: 'fault.read_errors', header: 'of reads', group: 'during the fault' },
  { metric: 'fault.latency.p99', header: 'p99', group: 'during the fault' },
  { metric: 'fault.latency.max', header: 'max', group: 'during the fault' },
  { metric: 'fault.origin.loads_factor', header: '× loads', group: 'during the fault' },
  { metric: 'recovery.first_hit', header: 'first hit', group: 'after the fault' },
  { metric: 'recovery.time', header: 'recovered', group: 'after the fault' },
  { metric: 'recovery.hit_ratio', header: 'hit ratio', group: 'after the fault' },
  { metric: 'warmup.time_to_90', header: '90 %', group: 'time to hit ratio' },
  { metric: 'warmup.time_to_99', header: '99 %', group: 'time to hit ratio' },
  { metric: 'warmup.l1.time_to_90', header: 'L1 90 %', group: 'time to hit ratio' },
  { metric: 'warmup.origin.loads', header: 'loads', group: 'until 90 %' },
  { metric: 'warmup.origin.peak', header: 'at most', group: 'until 90 %' },
  { metric: 'warmup.latency.p99', header: 'p99', group: 'until 90 %' },
  { metric: 'warmup.steady.hit_ratio', header: 'hit ratio', group: 'steady' },
  { metric: 'warmup.steady.l1.hit_ratio', header: 'of L1', group: 'steady' },
  { metric: 'warmup.steady.latency.p99', header: 'p99', group: 'steady' },
  { metric: 'warmup.dip', header: 'hit ratio', group: 'lowest in a deploy' },
  { metric: 'warmup.l1.dip', header: 'of L1', group: 'lowest in a deploy' },
  { metric: 'warmup.preload.loads', header: 'loads', group: 'before the load' },
  { metric: 'warmup.preload.duration', header: 'took', group: 'before the load' },
  { metric: 'storm.origin.peak', header: 'peak', group: 'origin loads at the expiry' },
  { metric: 'storm.origin.mean', header: 'mean', group: 'origin loads at the expiry' },
  { metric: 'storm.peak_factor', header: '× mean', group: 'origin loads at the expiry' },
  { metric: 'storm.duration', header: 'length', group: 'storm' },
  { metric: 'storm.latency.p99', header: 'p99', group: 'storm' },
  { metric: 'storm.calm.latency.p99', header: 'p99 before', group: 'storm' },
  { metric: 'steady.hit_ratio', header: 'before', group: 'hit ratio, hot keys move' },
  { metric: 'shift.hit_ratio', header: 'lowest', group: 'hit ratio, hot keys move' },
  { metric: 'shift.regain', header: 'back after', group: 'hit ratio, hot keys move' },
  { metric: 'cache.room', header: 'of keys', group: 'L1' },
  { metric: 'l1.evictions', header: 'evictions', group: 'L1', beside: 'cache.room' },
  { metric: 'cache.memory', header: 'bound', group: 'server' },
  { metric: 'redis.evictions', header: 'evictions', group: 'server', beside: 'cache.memory' },
  { metric: 'memcached.evictions', header: 'evictions', group: 'server', beside: 'cache.memory' },
  { metric: 'wait.p99', header: 'p99', group: 'waits for a load' },
  { metric: 'stale.served', header: 'stale', group: 'waits for a load' },
  { metric: 'limiter.allowed', header: 'allowed', group: 'by the limit' },
  { metric: 'limiter.refused', header: 'refused', group: 'by the limit' },
  { metric: 'origin.loads_per_cold_key', header: 'per cold key', group: 'origin loads' },
  { metric: 'origin.peak_concurrency', header: 'at once', group: 'origin loads' },
  { metric: 'origin.loads', header: 'done', group: 'origin loads' },
  { metric: 'origin.loads_avoided', header: 'avoided', group: 'origin loads' },
  ...Object.entries({ ...TIER_LABELS, process: 'process' }).map(([part, header]) => ({
    metric: `memory.${part}.bytes`,
    header,
    group: 'memory',
  })),
];

/** The columns that compare variants. Those of tiers that no variant has used are left out. */
export function comparisonColumns(variants: readonly VariantResult[], style: Style): readonly Column[] {
  const has = (metric: string): boolean =>
    variants.some((variant) => figureOf(variant, metric) !== undefined);
  return COLUMNS.filter(({ metric, always, beside = metric }) => always || (has(metric) && has(beside))).map(
    ({ metric, header, group }) => ({
      header,
      group,
      cells: variants.map((variant) => cell(metric, figureOf(variant, metric), style)),
    }),
  );
}

function cell(metric: string, value: number | undefined, style: Style): string {
  const text = formatMetric(metric, value);
  return metric === 'errors' && value !== undefined && value > 0 ? style('bad', text) : text;
}
