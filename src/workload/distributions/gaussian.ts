import type { Random } from '../../base/random.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import { normalQuantile } from '../normal.ts';
import { requirePositive } from '../ranges.ts';

/**
 * A hot spot in the middle of the key space, as of ids that were given near each other: a normal distribution
 * around the middle, cut off at both ends. Neighbours are about as hot, so keys are not scattered.
 *
 * A uniform draw is sent through the normal quantile, and repeated when it falls outside the key space.
 */
export class GaussianKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #sigma: number;
  readonly #random: Random;

  /** `sigma`: standard deviation as a share of the key space, over 0. */
  constructor(keys: number, sigma: number, draws: Random) {
    this.#keys = requireKeyCount(keys);
    this.#sigma = requirePositive('sigma', sigma);
    this.#random = draws;
  }

  next(): number {
    for (;;) {
      const place = 0.5 + this.#sigma * normalQuantile(this.#random.next());
      if (place >= 0 && place < 1) return Math.floor(place * this.#keys);
    }
  }
}
