import type { Random } from '../base/random.ts';
import { choose } from './choice.ts';
import type { KeyDistribution } from './keys.ts';
import { UniformKeys } from './uniform.ts';
import { ZipfianKeys } from './zipfian.ts';

export interface KeyDistributionSpec {
  /** Number of keys, from 1 to 2^32. */
  readonly keys: number;
  /** Zipf exponent, over 0; ignored by distributions without one. */
  readonly exponent: number;
}

/**
 * `layout` decides which keys are hot: generators that share its seed share their hot keys, so give
 * every generator of a run the same one. `draws` is the generator's own source.
 */
export type KeyDistributionFactory = (
  spec: KeyDistributionSpec,
  layout: Random,
  draws: Random,
) => KeyDistribution;

export type KeyDistributionName = 'uniform' | 'zipfian';

/** Key distributions by the name they have in scenarios. */
export const KEY_DISTRIBUTIONS: Readonly<Record<KeyDistributionName, KeyDistributionFactory>> = {
  uniform: (spec, _layout, draws) => new UniformKeys(spec.keys, draws),
  zipfian: (spec, layout, draws) => new ZipfianKeys(spec.keys, spec.exponent, layout, draws),
};

/** The distribution called `name`; throws `BAD_SCENARIO` when it is unknown, naming the known ones, or `spec` is out of range. */
export function createKeyDistribution(
  name: string,
  spec: KeyDistributionSpec,
  layout: Random,
  draws: Random,
): KeyDistribution {
  return choose('key distribution', name, KEY_DISTRIBUTIONS)(spec, layout, draws);
}
