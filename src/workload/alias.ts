import { CachectlError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

/**
 * Draws indexes in proportion to weights in constant time, whatever their number: A. J. Walker's alias method,
 * ACM TOMS 3(3), 1977, with the tables built as by M. D. Vose, "A linear algorithm for generating random
 * numbers with a given distribution", IEEE TSE 17(9), 1991.
 */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #other: Uint32Array;

  /** Throws `BAD_SCENARIO` unless the weights are finite, none below 0 and some over it. */
  constructor(weights: readonly number[]) {
    const scale = weights.length / requireWeights(weights);
    this.#keep = Float64Array.from(weights, (weight) => weight * scale);
    // Rounding can leave some cells without a pair: the little that they lack goes to the heaviest weight.
    const heaviest = this.#keep.reduce((best, share, index) => (share > this.#keep[best]! ? index : best), 0);
    this.#other = new Uint32Array(weights.length).fill(heaviest);
    const light: number[] = [];
    const heavy: number[] = [];
    for (const [index, share] of this.#keep.entries()) (share < 1 ? light : heavy).push(index);
    for (;;) {
      const [poor, rich] = [light.pop(), heavy.at(-1)];
      if (poor === undefined || rich === undefined) break;
      this.#other[poor] = rich;
      // In this order of sums the rounding errors stay in the last bits.
      const left = this.#keep[rich]! + this.#keep[poor]! - 1;
      this.#keep[rich] = left;
      if (left < 1) light.push(heavy.pop()!);
    }
  }

  /** The index that the next number of `random` falls on. */
  draw(random: Random): number {
    const point = random.next() * this.#keep.length;
    const index = Math.floor(point);
    return point - index < this.#keep[index]! ? index : this.#other[index]!;
  }
}

/** Gives the sum of the weights. */
export function requireWeights(weights: readonly number[]): number {
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (wrong >= 0) {
    throw new CachectlError('BAD_SCENARIO', `weight ${wrong + 1} is ${weights[wrong]}, expected 0 or more`);
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum > 0 && sum < Infinity) return sum;
  throw new CachectlError('BAD_SCENARIO', `the weights add up to ${sum}, expected a number over 0`);
}
