import { nearest } from '../base/nearest.ts';

import { EVICTION_METRICS } from './eviction-metrics.ts';
import { FAILOVER_METRICS } from './failover-metrics.ts';
import { INVALIDATION_METRICS } from './invalidation-metrics.ts';
import { STORM_METRICS, WARM_UP_METRICS } from './warm-up-metrics.ts';
import { latency, type MetricDefinition, perTier } from './metric.ts';

/** The operations of a load as a scenario calls them. */
const OPERATION_NAMES = ['get_or_load', 'get', 'multi_get', 'set', 'delete', 'touch', 'incr'] as const;

/** All metrics there are, in the order of reports. */
export const METRICS: readonly MetricDefinition[] = [
  { name: 'throughput', unit: 'per_second', better: 'higher', meaning: 'operations completed per second' },
  {
    name: 'offered_rate',
    unit: 'per_second',
    better: 'neither',
    meaning: 'operations due per second (open loop)',
    merge: 'sum',
  },
  { name: 'operations', unit: 'count', better: 'neither', meaning: 'operations completed' },
  { name: 'errors', unit: 'count', better: 'lower', meaning: 'operations that failed' },
  ...latency(
    'latency',
    'time from when an operation was due (open loop) or sent (closed loop) to its answer',
  ),
  ...OPERATION_NAMES.flatMap((name) =>
    (['p50', 'p99'] as const).map((point): MetricDefinition => ({
      name: `${name}.latency.${point}`,
      unit: 'ms',
      better: 'lower',
      meaning: `latency of ${name} alone, ${point.slice(1)}th percentile`,
    })),
  ),
  ...latency('service_latency', 'time from when an operation was actually sent to its answer'),
  ...latency(
    'schedule_slip',
    'time from when an operation was due to when it was sent (open loop): what the generator was late by',
  ),
  ...latency('wait', 'time that a read took which had to wait for a load'),
  { name: 'hit_ratio', unit: 'ratio', better: 'higher', meaning: 'reads answered by any tier' },
  ...perTier('l1', 'the in-process tier'),
  ...perTier('redis', 'Redis'),
  ...perTier('memcached', 'Memcached'),
  ...perTier('database', 'the database tier'),
  { name: 'origin.loads', unit: 'count', better: 'lower', meaning: 'loads from the origin' },
  {
    name: 'origin.cold_keys',
    unit: 'count',
    better: 'neither',
    meaning: 'times that a wanted key was missing from all tiers or had expired',
    merge: 'max',
  },
  {
    name: 'origin.loads_per_cold_key',
    unit: 'factor',
    better: 'lower',
    meaning: 'loads from the origin for each time that a key was cold: 1 is best',
  },
  {
    name: 'origin.peak_concurrency',
    unit: 'count',
    better: 'lower',
    meaning: 'loads from the origin under way at once, in all instances, at most',
    merge: 'max',
  },
  {
    name: 'limiter.allowed',
    unit: 'count',
    better: 'neither',
    meaning: 'operations that the limit of a counter let through, with those of the warm-up',
  },
  {
    name: 'limiter.refused',
    unit: 'count',
    better: 'neither',
    meaning: 'operations that the limit of a counter refused, with those of the warm-up',
  },
  {
    name: 'origin.loads_avoided',
    unit: 'count',
    better: 'higher',
    meaning: 'reads that needed no load from the origin',
  },
  {
    name: 'memory.l1.bytes',
    unit: 'bytes',
    better: 'lower',
    meaning: 'memory of the in-process tier at the end',
    merge: 'sum',
  },
  {
    name: 'memory.redis.bytes',
    unit: 'bytes',
    better: 'lower',
    meaning: 'used_memory of Redis at the end, less that before the run',
  },
  {
    name: 'memory.memcached.bytes',
    unit: 'bytes',
    better: 'lower',
    meaning: 'bytes of items in Memcached at the end, less those before the run',
  },
  {
    name: 'memory.database.bytes',
    unit: 'bytes',
    better: 'lower',
    meaning: 'size of the database at the end, less that before the run',
  },
  {
    name: 'memory.process.bytes',
    unit: 'bytes',
    better: 'lower',
    meaning: 'resident memory of the generator, largest',
  },
  {
    name: 'evictions',
    unit: 'count',
    better: 'lower',
    meaning: 'entries that tiers dropped to make room',
    merge: 'derived',
  },
  {
    name: 'generator.waited',
    unit: 'ms',
    better: 'lower',
    meaning: 'time in which arrivals waited because max_in_flight operations were in flight',
    merge: 'max',
  },
  {
    name: 'generator.cores',
    unit: 'factor',
    better: 'lower',
    meaning: 'CPU time of the generator by time: cores that it kept busy',
    merge: 'sum',
  },
  {
    name: 'generator.starved',
    unit: 'ratio',
    better: 'lower',
    meaning: 'share of time in which the generator had work and did not get the CPU',
    merge: 'max',
  },
  {
    name: 'event_loop.lag.p99',
    unit: 'ms',
    better: 'lower',
    meaning: "lag of the generator's event loop, 99th percentile",
    merge: 'max',
  },
  {
    name: 'cpu.per_operation',
    unit: 'ms',
    better: 'lower',
    meaning: 'processor time of the generator process by the operations completed',
    merge: 'max',
  },
  {
    name: 'event_loop.utilization',
    unit: 'ratio',
    better: 'lower',
    meaning: "share of time the generator's event loop was busy",
    merge: 'max',
  },
  ...INVALIDATION_METRICS,
  ...FAILOVER_METRICS,
  ...WARM_UP_METRICS,
  ...STORM_METRICS,
  ...EVICTION_METRICS,
];

const byName = new Map(METRICS.map((metric) => [metric.name, metric]));

export function findMetric(name: string): MetricDefinition | undefined {
  return byName.get(name);
}

/** The name that was probably meant. */
export function nearestMetric(name: string): string | undefined {
  return nearest(name, [...byName.keys()]);
}
