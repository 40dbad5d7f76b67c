import type { ClosedLoad, Scenario } from '../config/scenario.ts';
import type { DrawSpec } from '../workload/draw-sequence.ts';
import { meanRate } from '../workload/rate-curve.ts';
import { createRateCurve } from '../workload/rate-shapes.ts';

/** Operations per second that are offered in the measured part, on average; undefined in a closed loop, which offers none. */
export function offeredRate({ load, durationMs }: Pick<Scenario, 'load' | 'durationMs'>): number | undefined {
  if (load.model === 'closed') return undefined;
  return meanRate(createRateCurve(load.rate, load.shape), 0, durationMs);
}

/** What keys and operations are drawn from: times in it are turned into operations of the run. */
export function drawsOf(scenario: Scenario): DrawSpec {
  const { keyspace, operations } = scenario;
  const rate = offeredRate(scenario);
  if (keyspace.distribution !== 'shifting' || keyspace.everyMs === undefined || rate === undefined) {
    return { keyspace, operations };
  }
  return { keyspace: { ...keyspace, everyOperations: (keyspace.everyMs * rate) / 1000 }, operations };
}

/** How many connections of a closed loop are in use at a time. */
export interface ConnectionPlan {
  /** The most there are at once. */
  readonly most: number;
  /** `ms`: since the loop began. */
  at(ms: number): number;
  /** When the number changes next, in milliseconds since the loop began; Infinity: never again. */
  changeAfter(ms: number): number;
}

/** As many all the time. */
export function always(connections: number): ConnectionPlan {
  return { most: connections, at: () => connections, changeAfter: () => Infinity };
}

/** Stages begin with the measured part; the first one lasts through the warm-up, too. */
export function connectionsOver({ connections, stages = [] }: ClosedLoad, warmupMs: number): ConnectionPlan {
  const ends: number[] = [];
  for (const { durationMs } of stages) ends.push((ends.at(-1) ?? warmupMs) + durationMs);
  const stageAt = (ms: number): number => {
    const stage = ends.findIndex((end) => ms < end);
    return stage < 0 ? stages.length - 1 : stage;
  };
  return {
    most: connections,
    at: (ms) => stages[stageAt(ms)]?.connections ?? connections,
    changeAfter: (ms) => (stageAt(ms) >= stages.length - 1 ? Infinity : (ends[stageAt(ms)] ?? Infinity)),
  };
}
