import { latency, type MetricDefinition } from './metric.ts';

/** What scenarios of the kind invalidation measure, and what others know of old values. */
export const INVALIDATION_METRICS: readonly MetricDefinition[] = [
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
];
