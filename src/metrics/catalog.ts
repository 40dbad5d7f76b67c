import { nearest } from '../base/nearest.ts';

export type MetricUnit = 'ms' | 'per_second' | 'ratio' | 'count' | 'bytes';

/** A metric as it is called everywhere: result files, gates, reports, JSON. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher' | 'neither';
  readonly meaning: string;
}

const latency = (prefix: string, what: string): readonly MetricDefinition[] =>
  (['p50', 'p90', 'p99', 'p999', 'max', 'mean'] as const).map((point) => ({
    name: `${prefix}.${point}`,
    unit: 'ms',
    better: 'lower',
    meaning: `${what}, ${point === 'p999' ? '99.9th percentile' : point === 'max' ? 'largest' : point === 'mean' ? 'mean' : `${point.slice(1)}th percentile`}`,
  }));

const perTier = (tier: string, label: string): readonly MetricDefinition[] => [
  {
    name: `${tier}.hit_ratio`,
    unit: 'ratio',
    better: 'higher',
    meaning: `hits of ${label} by the reads that reached it`,
  },
  { name: `${tier}.hits`, unit: 'count', better: 'higher', meaning: `reads that ${label} answered` },
  { name: `${tier}.misses`, unit: 'count', better: 'lower', meaning: `reads that ${label} could not answer` },
  {
    name: `${tier}.errors`,
    unit: 'count',
    better: 'lower',
    meaning: `calls to ${label} that failed or overran their deadline`,
  },
  {
    name: `${tier}.evictions`,
    unit: 'count',
    better: 'lower',
    meaning: `entries that ${label} dropped to make room`,
  },
];

/** All metrics there are, in the order of reports. */
export const METRICS: readonly MetricDefinition[] = [
  { name: 'throughput', unit: 'per_second', better: 'higher', meaning: 'operations completed per second' },
  {
    name: 'offered_rate',
    unit: 'per_second',
    better: 'neither',
    meaning: 'operations due per second (open loop)',
  },
  { name: 'operations', unit: 'count', better: 'neither', meaning: 'operations completed' },
  { name: 'errors', unit: 'count', better: 'lower', meaning: 'operations that failed' },
  ...latency(
    'latency',
    'time from when an operation was due (open loop) or sent (closed loop) to its answer',
  ),
  ...latency('service_latency', 'time from when an operation was actually sent to its answer'),
  ...latency(
    'schedule_slip',
    'time from when an operation was due to when it was sent (open loop): what the generator was late by',
  ),
  { name: 'hit_ratio', unit: 'ratio', better: 'higher', meaning: 'reads answered by any tier' },
  ...perTier('l1', 'the in-process tier'),
  ...perTier('redis', 'Redis'),
  ...perTier('memcached', 'Memcached'),
  ...perTier('database', 'the database tier'),
  { name: 'origin.loads', unit: 'count', better: 'lower', meaning: 'loads from the origin' },
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
  { name: 'evictions', unit: 'count', better: 'lower', meaning: 'entries that tiers dropped to make room' },
  {
    name: 'event_loop.lag.p99',
    unit: 'ms',
    better: 'lower',
    meaning: "lag of the generator's event loop, 99th percentile",
  },
  {
    name: 'event_loop.utilization',
    unit: 'ratio',
    better: 'lower',
    meaning: "share of time the generator's event loop was busy",
  },
];

const byName = new Map(METRICS.map((metric) => [metric.name, metric]));

export function findMetric(name: string): MetricDefinition | undefined {
  return byName.get(name);
}

/** The name that was probably meant. */
export function nearestMetric(name: string): string | undefined {
  return nearest(name, [...byName.keys()]);
}
