import type { Random } from '../base/random.ts';
import { choose } from './choice.ts';
import { ExponentialKeys } from './distributions/exponential.ts';
import { GaussianKeys } from './distributions/gaussian.ts';
import { HotspotKeys } from './distributions/hotspot.ts';
import { LatestKeys } from './distributions/latest.ts';
import { PopularityKeys, type PopularityTable } from './distributions/popularity.ts';
import { SequentialKeys } from './distributions/sequential.ts';
import { ShiftingKeys, type ShiftingSpec } from './distributions/shifting.ts';
import { UniformKeys } from './distributions/uniform.ts';
import { ZipfianKeys } from './distributions/zipfian.ts';
import type { KeyDistribution } from './keys.ts';
import { type Position, START } from './position.ts';

interface Zipf {
  /** Zipf exponent, over 0. */
  readonly exponent: number;
}

interface HotShare {
  /** Share of the keys, over 0 to 1. */
  readonly hotKeys: number;
  /** Share of the draws that go to these keys, from 0 to 1. */
  readonly hotDraws: number;
}

/** What each distribution is told besides the number of keys. */
interface Parameters {
  readonly uniform: object;
  readonly zipfian: Zipf;
  /** Standard deviation as a share of the key space, over 0. */
  readonly gaussian: { readonly sigma: number };
  readonly hotspot: HotShare;
  readonly latest: Zipf;
  readonly exponential: HotShare;
  readonly sequential: object;
  readonly shifting: Omit<ShiftingSpec, 'keys'>;
  readonly popularity: { readonly table: PopularityTable };
}

export type KeyDistributionName = keyof Parameters;

type SpecOf<N extends KeyDistributionName> = {
  readonly distribution: N;
  /** Number of keys, from 1 to 2^32. */
  readonly keys: number;
} & Parameters[N];

export type KeyDistributionSpec = { [N in KeyDistributionName]: SpecOf<N> }[KeyDistributionName];

interface Sources {
  /** Decides which keys are hot: generators that share its seed share their hot keys. */
  readonly layout: Random;
  /** The generator's own source. */
  readonly draws: Random;
  readonly position: Position;
}

type Factories = {
  readonly [N in KeyDistributionName]: (spec: SpecOf<N>, sources: Sources) => KeyDistribution;
};

/** Key distributions by the name they have in scenarios. */
export const KEY_DISTRIBUTIONS: Factories = {
  uniform: ({ keys }, { draws }) => new UniformKeys(keys, draws),
  zipfian: ({ keys, exponent }, { layout, draws }) => new ZipfianKeys(keys, exponent, layout, draws),
  gaussian: ({ keys, sigma }, { draws }) => new GaussianKeys(keys, sigma, draws),
  hotspot: (spec, { layout, draws }) => new HotspotKeys(spec, layout, draws),
  latest: ({ keys, exponent }, { draws, position }) => new LatestKeys(keys, exponent, draws, position),
  exponential: (spec, { layout, draws }) => new ExponentialKeys(spec, layout, draws),
  sequential: ({ keys }, { position }) => new SequentialKeys(keys, position),
  shifting: (spec, { layout, draws, position }) => new ShiftingKeys(spec, layout, draws, position),
  popularity: ({ keys, table }, { layout, draws }) => new PopularityKeys(keys, table, layout, draws),
};

/**
 * The distribution that `spec` describes. Give every generator of a run a `layout` of one seed; `position` is read
 * at each draw by the distributions that move with the run.
 *
 * @throws CachectlError `BAD_SCENARIO` when its name is unknown, naming the known ones, or `spec` is out of range
 */
export function createKeyDistribution(
  spec: KeyDistributionSpec,
  layout: Random,
  draws: Random,
  position: Position = START,
): KeyDistribution {
  const factory = choose('key distribution', spec.distribution, KEY_DISTRIBUTIONS);
  // The name in the spec is what chose the factory, which the types cannot follow.
  return (factory as (spec: KeyDistributionSpec, sources: Sources) => KeyDistribution)(spec, {
    layout,
    draws,
    position,
  });
}
