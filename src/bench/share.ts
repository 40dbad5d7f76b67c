import type { LoadSpec, Scenario } from '../config/scenario.ts';

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

/** The scenario with this part of its load: of its rate, and of its connections, at least one. */
export function withShare(scenario: Scenario, share: Share): Scenario {
  return { ...scenario, load: loadShare(scenario.load, share) };
}

function loadShare(load: LoadSpec, share: Share): LoadSpec {
  const connections = Math.max(1, part(load.connections, share));
  if (load.model === 'closed') return { ...load, connections };
  const maxInFlight = Math.max(1, part(load.maxInFlight, share));
  return { ...load, connections, maxInFlight, rate: load.rate / share.count };
}

/** Whole numbers that add up to the total. */
function part(total: number, { index, count }: Share): number {
  return Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count);
}
