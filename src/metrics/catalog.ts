import { nearest } from '../base/nearest.ts';

/** A `ratio` is a share, from 0 to 1; a `factor` is any number of times. */
export type MetricUnit = 'ms' | 'per_second' | 'ratio' | 'factor' | 'count' | 'bytes';

/** A metric as it is called everywhere: result files, gates, reports, JSON. */
export interface MetricDefinition {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly better: 'lower' | 'higher' | 'neither';
  readonly meaning: string;
  /**
   * What the figure of several instances or machines is: the sum, the largest, or worked out anew from what was merged.
   * They share their servers, and each has read the server's own figures: those are not added. Default: counts are
   * added, of bytes the largest counts, all others are worked out.
   */
  readonly merge?: MergeRule;
}

export type MergeRule = 'sum' | 'max' | 'derived';

const MERGE_BY_UNIT: Readonly<Record<MetricUnit, MergeRule>> = {
  ms: 'derived',
  per_second: 'derived',
  ratio: 'derived',
  factor: 'derived',
  count: 'sum',
  bytes: 'max',
};

/** How the figure of the whole comes from those of its parts. */
export function mergeRuleOf({ merge, unit }: MetricDefinition): MergeRule {
  return merge ?? MERGE_BY_UNIT[unit];
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
    merge: tier === 'l1' ? 'sum' : 'max',
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
    merge: 'sum',
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
  ...latency('wait', 'time that a read took which had to wait for a load'),
  ...latency('change', 'time that a change of the data took, with the call that invalidates'),
  ...latency(
    'visible',
    'time from the acknowledgement of a change until an instance that had an older version returned this one or a newer one; the time in which it did not ask is in it',
  ),
  ...latency(
    'visible_everywhere',
    'time from the acknowledgement of a change until the last of the instances that had an older version returned this one or a newer one',
  ),
  ...latency('visible_since_begun', 'as visible, but from the begin of the change'),
  ...latency(
    'stale_for',
    'time from the acknowledgement of a change to the begin of the last read of an instance that returned an older version; 0 when there was none after it',
  ),
  ...Object.entries({
    l1: 'the in-process tier',
    redis: 'Redis',
    memcached: 'Memcached',
    database: 'the database tier',
    origin: 'a load',
  }).flatMap(([tier, label]) =>
    latency(`${tier}.visible`, `as visible, of changes whose last older version came from ${label}`),
  ),
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
    name: 'stale.served',
    unit: 'count',
    better: 'neither',
    meaning: 'reads that were given an expired value, as the policy allows',
  },
  {
    name: 'changes',
    unit: 'count',
    better: 'neither',
    meaning: 'changes of the data that were acknowledged',
  },
  {
    name: 'visible.slowest_instance',
    unit: 'ms',
    better: 'lower',
    meaning: '99th percentile of visible in the instance where it is largest',
    merge: 'max',
  },
  {
    name: 'visible.unseen',
    unit: 'count',
    better: 'lower',
    meaning: 'changes that an instance still did not see in its last read of the key',
  },
  {
    name: 'reads.judged',
    unit: 'count',
    better: 'neither',
    meaning: 'reads that were held against all changes',
  },
  {
    name: 'stale.reads',
    unit: 'count',
    better: 'lower',
    meaning: 'reads that began after the acknowledgement of a newer version than they returned',
  },
  {
    name: 'stale.ratio',
    unit: 'ratio',
    better: 'lower',
    meaning: 'stale reads by all reads that were judged',
  },
  {
    name: 'stale.max_age',
    unit: 'ms',
    better: 'lower',
    meaning: 'longest time from the acknowledgement of a change to the begin of a read that did not see it',
    merge: 'max',
  },
  {
    name: 'stale.bound',
    unit: 'ms',
    better: 'neither',
    meaning: 'age that the coherence level allows a stale read: the bound, or 0 when strict',
    merge: 'max',
  },
  {
    name: 'stale.beyond_bound',
    unit: 'count',
    better: 'lower',
    meaning: 'stale reads that were older than the coherence level allows',
  },
  {
    name: 'stale.resurrected',
    unit: 'count',
    better: 'lower',
    meaning: 'stale reads of an older version than the same instance had returned before',
  },
  {
    name: 'purge.deleted',
    unit: 'count',
    better: 'neither',
    meaning: 'other keys that were deleted from the same servers during the run',
    merge: 'max',
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
];

const byName = new Map(METRICS.map((metric) => [metric.name, metric]));

export function findMetric(name: string): MetricDefinition | undefined {
  return byName.get(name);
}

/** The name that was probably meant. */
export function nearestMetric(name: string): string | undefined {
  return nearest(name, [...byName.keys()]);
}
