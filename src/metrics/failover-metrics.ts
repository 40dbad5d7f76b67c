import type { MetricDefinition } from './metric.ts';

/** What scenarios of the kind failover measure: before, during and after a fault. */
export const FAILOVER_METRICS: readonly MetricDefinition[] = [
  {
    name: 'before.latency.p99',
    unit: 'ms',
    better: 'neither',
    meaning: 'latency before the fault, 99th percentile',
  },
  {
    name: 'fault.errors',
    unit: 'count',
    better: 'lower',
    meaning: 'operations due during the fault that failed',
  },
  {
    name: 'fault.read_errors',
    unit: 'count',
    better: 'lower',
    meaning: 'reads among them: what the fault took from those who only ask',
  },
  {
    name: 'fault.latency.p99',
    unit: 'ms',
    better: 'lower',
    meaning: 'latency of operations due during the fault, 99th percentile',
  },
  {
    name: 'fault.latency.max',
    unit: 'ms',
    better: 'lower',
    meaning: 'latency of operations due during the fault, largest',
  },
  {
    name: 'fault.hit_ratio',
    unit: 'ratio',
    better: 'higher',
    meaning: 'reads due during the fault that any tier answered',
  },
  {
    name: 'fault.origin.loads',
    unit: 'count',
    better: 'lower',
    meaning: 'loads from the origin during the fault',
  },
  {
    name: 'fault.origin.loads_factor',
    unit: 'factor',
    better: 'lower',
    meaning: 'loads from the origin per operation during the fault, by those before it',
  },
  {
    name: 'recovery.first_hit',
    unit: 'ms',
    better: 'lower',
    meaning: 'time from the end of the fault to the first read that the tier answered',
  },
  {
    name: 'recovery.time',
    unit: 'ms',
    better: 'lower',
    meaning: 'time from the end of the fault until tier and latency were as before for 500 ms',
  },
  {
    name: 'recovery.hit_ratio',
    unit: 'ratio',
    better: 'higher',
    meaning: 'reads after the fault that any tier answered',
  },
];
