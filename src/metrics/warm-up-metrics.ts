import type { MergeRule, MetricDefinition, MetricUnit } from './metric.ts';

const define = (
  name: string,
  [unit, better, merge]: readonly [MetricUnit, MetricDefinition['better'], MergeRule?],
  meaning: string,
): MetricDefinition => ({ name, unit, better, meaning, ...(merge !== undefined && { merge }) });

/** Of kind `warming`. Times of several machines are those of the slowest. */
export const WARM_UP_METRICS: readonly MetricDefinition[] = [
  define(
    'warmup.time_to_90',
    ['ms', 'lower', 'max'],
    'time until the hit ratio stayed at 90 % of the steady one',
  ),
  define(
    'warmup.time_to_99',
    ['ms', 'lower', 'max'],
    'time until the hit ratio stayed at 99 % of the steady one',
  ),
  define('warmup.l1.time_to_90', ['ms', 'lower', 'max'], 'the same of the reads that L1 answered, at 90 %'),
  define(
    'warmup.origin.loads',
    ['count', 'lower'],
    'loads from the origin until 90 %, or in a rolling deploy',
  ),
  define('warmup.origin.peak', ['per_second', 'lower', 'sum'], 'those loads in the busiest 100 ms'),
  define(
    'warmup.latency.p99',
    ['ms', 'lower', 'max'],
    'latency until 90 %, L1 too, or in a rolling deploy, 99th percentile',
  ),
  define('warmup.dip', ['ratio', 'higher'], 'lowest hit ratio after a rolling deploy began'),
  define('warmup.dip.duration', ['ms', 'lower', 'max'], 'time in which it was below 90 % of the steady one'),
  define(
    'warmup.l1.dip',
    ['ratio', 'higher'],
    'lowest share of reads that L1 answered after a rolling deploy began',
  ),
  define(
    'warmup.steady.hit_ratio',
    ['ratio', 'higher'],
    'hit ratio of the last quarter, or before a rolling deploy',
  ),
  define('warmup.steady.l1.hit_ratio', ['ratio', 'higher'], 'share of reads that L1 answered then'),
  define('warmup.steady.latency.p99', ['ms', 'lower', 'max'], 'latency then, 99th percentile'),
  define(
    'warmup.preload.duration',
    ['ms', 'lower', 'max'],
    'time that putting keys into the tiers before the load took',
  ),
  define('warmup.preload.loads', ['count', 'lower'], 'loads from the origin for that'),
];

/** Of kind `ttl-storm`. */
export const STORM_METRICS: readonly MetricDefinition[] = [
  define(
    'storm.origin.peak',
    ['per_second', 'lower', 'sum'],
    'loads from the origin in the busiest 100 ms around the expiry',
  ),
  define(
    'storm.origin.mean',
    ['per_second', 'lower', 'sum'],
    'loads from the origin around the expiry, mean',
  ),
  define('storm.peak_factor', ['factor', 'lower', 'max'], 'the busiest 100 ms by the mean'),
  define(
    'storm.duration',
    ['ms', 'lower', 'max'],
    'time in which the loads were at least half of their peak',
  ),
  define('storm.latency.p99', ['ms', 'lower', 'max'], 'latency in that time, 99th percentile'),
  define('storm.calm.latency.p99', ['ms', 'lower', 'max'], 'latency before any key expired, 99th percentile'),
  define('storm.fill.duration', ['ms', 'lower', 'max'], 'time that storing all keys took'),
];
