import type { LoadSpec, Scenario } from '../config/scenario.ts';
import type { Pacer } from '../workload/arrivals.ts';

/** One of the equal parts that a load is cut into. */
export interface Share {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** The part of a scenario that one of several machines runs. */
export interface Shard extends Share {
  /** When all machines begin the first variant, wall clock. */
  readonly startAtMs: number;
}

export const WHOLE: Share = { index: 0, count: 1 };

/** Part of a part: the instances of a machine share what is the machine's. */
export function subshare({ index, count }: Share, inner: Share): Share {
  return { index: index * inner.count + inner.index, count: count * inner.count };
}

/** The scenario with this part of its connections, at least one; of its arrivals it takes {@link everyNth}. */
export function withShare(scenario: Scenario, share: Share): Scenario {
  return { ...scenario, load: loadShare(scenario.load, share) };
}

function loadShare(load: LoadSpec, share: Share): LoadSpec {
  const atLeastOne = (total: number): number => Math.max(1, part(total, share));
  const connections = atLeastOne(load.connections);
  if (load.model === 'open') return { ...load, connections, maxInFlight: atLeastOne(load.maxInFlight) };
  const stages = load.stages?.map((stage) => ({ ...stage, connections: atLeastOne(stage.connections) }));
  return { ...load, connections, ...(stages !== undefined && { stages }) };
}

/** The arrivals of this part: of n parts each takes every nth, so that together they are those of the whole. */
export function everyNth(pacer: Pacer, { index, count }: Share): Pacer {
  let skip = index;
  return {
    nextDueMs: () => {
      for (; skip > 0; skip--) pacer.nextDueMs();
      skip = count - 1;
      return pacer.nextDueMs();
    },
  };
}

/** Whole numbers that add up to the total. */
function part(total: number, { index, count }: Share): number {
  return Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count);
}
