import type { MetricDefinition } from './metric.ts';

/** Of kind `eviction`. */
export const EVICTION_METRICS: readonly MetricDefinition[] = [
  {
    name: 'steady.hit_ratio',
    unit: 'ratio',
    better: 'higher',
    meaning: 'reads answered by any tier once the tier had been filled, until the hot keys moved',
    merge: 'max',
  },
  {
    name: 'shift.hit_ratio',
    unit: 'ratio',
    better: 'higher',
    meaning: 'the lowest hit ratio in 1 % of the requests after the hot keys moved',
    merge: 'max',
  },
  {
    name: 'shift.regain',
    unit: 'count',
    better: 'lower',
    meaning: 'requests from when the hot keys moved until the hit ratio was 95 % of that before',
    merge: 'max',
  },
  {
    name: 'cache.room',
    unit: 'ratio',
    better: 'neither',
    meaning: 'share of all keys that the in-process tier has room for',
    merge: 'max',
  },
  {
    name: 'cache.memory',
    unit: 'bytes',
    better: 'neither',
    meaning: 'memory that the private server of the variant may take',
  },
];
