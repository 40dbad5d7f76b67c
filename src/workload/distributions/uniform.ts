import type { Random } from '../../base/random.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';

/** Every key is as likely as any other. */
export class UniformKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #random: Random;

  constructor(keys: number, random: Random) {
    this.#keys = requireKeyCount(keys);
    this.#random = random;
  }

  next(): number {
    return Math.floor(this.#random.next() * this.#keys);
  }

  /** None is hotter than another: the first ones. */
  hottest(count: number): readonly number[] {
    return Array.from({ length: Math.min(count, this.#keys) }, (_, index) => index);
  }
}
