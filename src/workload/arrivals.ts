import { CachectlError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { choose } from './choice.ts';

/** When operations are due in an open loop, whatever became of the earlier ones. */
export interface Pacer {
  /** Due time of the next operation, in milliseconds (fractional) after the start; never decreases. */
  nextDueMs(): number;
}

/** Evenly spaced arrivals, the first at 0. Each due time is computed from the count, so that no error adds up. */
export class ConstantPacer implements Pacer {
  readonly #ratePerSecond: number;
  #count = 0;

  constructor(ratePerSecond: number) {
    this.#ratePerSecond = requireRate(ratePerSecond);
  }

  nextDueMs(): number {
    return (this.#count++ * 1000) / this.#ratePerSecond;
  }
}

/**
 * A Poisson process: gaps between arrivals are independent and exponentially distributed, as with many
 * clients who know nothing of each other. The first arrival comes after a gap.
 */
export class PoissonPacer implements Pacer {
  readonly #meanGapMs: number;
  readonly #random: Random;
  #dueMs = 0;

  constructor(ratePerSecond: number, random: Random) {
    this.#meanGapMs = 1000 / requireRate(ratePerSecond);
    this.#random = random;
  }

  nextDueMs(): number {
    this.#dueMs -= Math.log1p(-this.#random.next()) * this.#meanGapMs;
    return this.#dueMs;
  }
}

export type PacerFactory = (ratePerSecond: number, random: Random) => Pacer;

export type PacerName = 'constant' | 'poisson';

/** Pacers by the name they have in scenarios. */
export const PACERS: Readonly<Record<PacerName, PacerFactory>> = {
  constant: (ratePerSecond) => new ConstantPacer(ratePerSecond),
  poisson: (ratePerSecond, random) => new PoissonPacer(ratePerSecond, random),
};

/** The pacer called `name`; throws `BAD_SCENARIO` when it is unknown, naming the known ones, or the rate is not over 0. */
export function createPacer(name: string, ratePerSecond: number, random: Random): Pacer {
  return choose('arrival', name, PACERS)(ratePerSecond, random);
}

function requireRate(ratePerSecond: number): number {
  if (ratePerSecond > 0 && ratePerSecond < Infinity) return ratePerSecond;
  throw new CachectlError('BAD_SCENARIO', `rate is ${ratePerSecond} per second, expected a number over 0`);
}
