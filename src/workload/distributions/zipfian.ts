import { CachectlError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { Bijection } from '../bijection.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';

/**
 * Ranks 1 to n with probability proportional to rank^-exponent, exactly, for any exponent over 0, in
 * constant time and memory.
 *
 * Rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from
 * monotone discrete distributions", ACM TOMACS 6(3), 1996. The hat is the integral H of x^-exponent; a
 * uniform draw under it is inverted and rounded to a rank, and the sliver of the hat that sticks out
 * over the rank's bar is rejected. Most draws are accepted by the distance to the rank alone, without
 * evaluating H again.
 */
export class ZipfianRanks {
  readonly #ranks: number;
  readonly #exponent: number;
  readonly #random: Random;
  readonly #areaOfFirst: number;
  readonly #areaOfAll: number;
  readonly #surelyAccepted: number;

  constructor(ranks: number, exponent: number, random: Random) {
    if (!(exponent > 0 && exponent < Infinity)) {
      throw new CachectlError('BAD_SCENARIO', `Zipf exponent is ${exponent}, expected a number over 0`);
    }
    this.#ranks = requireKeyCount(ranks);
    this.#exponent = exponent;
    this.#random = random;
    this.#areaOfFirst = this.#area(1.5) - 1;
    this.#areaOfAll = this.#area(ranks + 0.5);
    this.#surelyAccepted = 2 - this.#areaInverse(this.#area(2.5) - this.#bar(2));
  }

  /** The next rank, from 1 (the most frequent) to n. */
  next(): number {
    for (;;) {
      const area = this.#areaOfAll + this.#random.next() * (this.#areaOfFirst - this.#areaOfAll);
      const point = this.#areaInverse(area);
      const rank = Math.min(Math.max(Math.floor(point + 0.5), 1), this.#ranks);
      if (rank - point <= this.#surelyAccepted) return rank;
      if (area >= this.#area(rank + 0.5) - this.#bar(rank)) return rank;
    }
  }

  /** Height of the bar of a rank: rank^-exponent. */
  #bar(rank: number): number {
    return Math.exp(-this.#exponent * Math.log(rank));
  }

  /** Integral of t^-exponent from 1 to `x`, in a form that stays exact where the exponent is 1 or near it. */
  #area(x: number): number {
    const log = Math.log(x);
    const power = (1 - this.#exponent) * log;
    return Math.abs(power) < 1e-8 ? log * (1 + power / 2) : (Math.expm1(power) / power) * log;
  }

  #areaInverse(area: number): number {
    const power = Math.max((1 - this.#exponent) * area, -1);
    const log = Math.abs(power) < 1e-8 ? area * (1 - power / 2) : (Math.log1p(power) / power) * area;
    return Math.exp(log);
  }
}

/** Zipf-distributed keys whose ranks are scattered over the key space, so that hot keys are no neighbours. */
export class ZipfianKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #ranks: ZipfianRanks;
  readonly #scatter: Bijection;

  /** `layout` decides which keys are hot, `draws` the order in which keys come. */
  constructor(keys: number, exponent: number, layout: Random, draws: Random) {
    this.#keys = keys;
    this.#ranks = new ZipfianRanks(keys, exponent, draws);
    this.#scatter = new Bijection(keys, layout);
  }

  next(): number {
    return this.#scatter.map(this.#ranks.next() - 1);
  }

  hottest(count: number): readonly number[] {
    return Array.from({ length: Math.min(count, this.#keys) }, (_, rank) => this.#scatter.map(rank));
  }
}
