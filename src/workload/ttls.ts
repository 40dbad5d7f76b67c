import { CachectlError } from '../base/errors.ts';
import { mix32, type Random } from '../base/random.ts';
import { choose } from './choice.ts';
import { weightedIndex } from './weighted.ts';

/** What each distribution of times to live is told, in milliseconds. */
interface Parameters {
  /** Entries live as long as their tiers say. */
  readonly none: object;
  readonly fixed: { readonly ttlMs: number };
  readonly uniform: { readonly minMs: number; readonly maxMs: number };
  /** As many weights as times, in any unit, none below 0. */
  readonly table: { readonly ttlsMs: readonly number[]; readonly weights: readonly number[] };
}

export type TtlDistributionName = keyof Parameters;

type TtlsOf<N extends TtlDistributionName> = { readonly distribution: N } & Parameters[N];

/** Times to live of what is written. */
export type Ttls = { [N in TtlDistributionName]: TtlsOf<N> }[TtlDistributionName];

/** The time at a number in [0, 1); undefined where there is none of its own. */
type TtlQuantile = (u: number) => number | undefined;

type Factories = { readonly [N in TtlDistributionName]: (ttls: TtlsOf<N>) => TtlQuantile };

/** Distributions of times to live by the name they have in scenarios. */
export const TTL_DISTRIBUTIONS: Factories = {
  none: () => () => undefined,
  fixed: ({ ttlMs }) => {
    requireTtl(ttlMs);
    return () => ttlMs;
  },
  uniform: ({ minMs, maxMs }) => {
    requireTtl(minMs);
    requireTtl(maxMs);
    if (minMs <= maxMs) return (u) => minMs + u * (maxMs - minMs);
    throw new CachectlError(
      'BAD_SCENARIO',
      `longest time to live ${maxMs} ms is below the shortest, ${minMs} ms`,
    );
  },
  table: ({ ttlsMs, weights }) => {
    ttlsMs.forEach(requireTtl);
    const indexOf = weightedIndex(weights);
    if (ttlsMs.length === weights.length) return (u) => ttlsMs[indexOf(u)];
    const message = `there are ${ttlsMs.length} times to live and ${weights.length} weights, expected as many`;
    throw new CachectlError('BAD_SCENARIO', message);
  },
};

/**
 * Gives each write its time to live: a pure function of seed, key and version, so that it is the same at any number of
 * instances and whenever it is asked for. Two writes of a key have different ones.
 */
export class TtlMaker {
  readonly #quantile: TtlQuantile;
  readonly #seed: number;

  /** Throws `BAD_SCENARIO` when something is out of range. Give every generator of a run the same `layout` seed. */
  constructor(ttls: Ttls, layout: Random) {
    const factory = choose('distribution of times to live', ttls.distribution, TTL_DISTRIBUTIONS);
    // The name is what chose the factory, which the types cannot follow.
    this.#quantile = (factory as (ttls: Ttls) => TtlQuantile)(ttls);
    this.#seed = layout.fork('times to live').nextUint32();
  }

  /** In milliseconds; undefined: as the tiers say. */
  ttlMsOf(keyIndex: number, version: number): number | undefined {
    return this.#quantile(mix32(mix32(keyIndex ^ this.#seed) ^ version) / 2 ** 32);
  }
}

function requireTtl(ms: number): void {
  if (ms > 0 && ms < Infinity) return;
  throw new CachectlError('BAD_SCENARIO', `time to live is ${ms} ms, expected a number over 0`);
}
