import type { Random } from '../../base/random.ts';
import { Bijection } from '../bijection.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import { requireRange } from '../ranges.ts';

const LEAST = 1e-6;

/**
 * Popularity that falls by the same factor from each key to the next, described as by YCSB's
 * `ExponentialGenerator`: a share of the draws goes to a share of the keys. Ranks are scattered over the key space.
 *
 * YCSB draws again what falls behind the last key; here the inverse of the cut-off distribution is taken at once,
 * so a share of the draws that is asked for is that of an endless key space, as there.
 */
export class ExponentialKeys implements KeyDistribution {
  readonly #keys: number;
  /** Slope of the exponent over the whole key space. */
  readonly #slope: number;
  readonly #mass: number;
  readonly #scatter: Bijection;
  readonly #random: Random;

  /** `hotKeys`: share of the keys, over 0 to 1, that gets the share `hotDraws` of the draws, over 0 and under 1. */
  constructor(
    { keys, hotKeys, hotDraws }: { keys: number; hotKeys: number; hotDraws: number },
    layout: Random,
    draws: Random,
  ) {
    this.#keys = requireKeyCount(keys);
    this.#slope =
      -Math.log1p(-requireRange('share of draws of hot keys', hotDraws, LEAST, 1 - LEAST)) /
      requireRange('share of hot keys', hotKeys, LEAST, 1);
    this.#mass = -Math.expm1(-this.#slope);
    this.#scatter = new Bijection(keys, layout);
    this.#random = draws;
  }

  next(): number {
    const place = -Math.log1p(-this.#random.next() * this.#mass) / this.#slope;
    return this.#scatter.map(Math.min(Math.floor(place * this.#keys), this.#keys - 1));
  }
}
