import type { Random } from '../base/random.ts';
import { choose } from './choice.ts';
import type { RateCurve } from './rate-curve.ts';

/** When operations are due in an open loop, whatever became of the earlier ones. */
export interface Pacer {
  /** Due time of the next operation, in milliseconds (fractional) after the start; never decreases. Infinity: never. */
  nextDueMs(): number;
}

/**
 * Arrivals as evenly spaced as the rate allows, the first at 0: the next is due when one more is expected. Each due
 * time is computed from the count, so that no error adds up.
 */
export class ConstantPacer implements Pacer {
  readonly #curve: RateCurve;
  #count = 0;

  constructor(curve: RateCurve) {
    this.#curve = curve;
  }

  nextDueMs(): number {
    return this.#curve.timeOf(this.#count++);
  }
}

/**
 * A Poisson process: at a constant rate gaps between arrivals are independent and exponentially distributed, as with
 * many clients who know nothing of each other. The first arrival comes after a gap.
 *
 * A rate that changes over time is met exactly by rescaling time: a process of rate 1 is mapped through the inverse
 * of the cumulative rate (E. Çınlar, "Introduction to Stochastic Processes", 1975, section 4.7).
 */
export class PoissonPacer implements Pacer {
  readonly #curve: RateCurve;
  readonly #random: Random;
  #count = 0;

  constructor(curve: RateCurve, random: Random) {
    this.#curve = curve;
    this.#random = random;
  }

  nextDueMs(): number {
    this.#count -= Math.log1p(-this.#random.next());
    return this.#curve.timeOf(this.#count);
  }
}

export type PacerFactory = (curve: RateCurve, random: Random) => Pacer;

export type PacerName = 'constant' | 'poisson';

/** Pacers by the name they have in scenarios. */
export const PACERS: Readonly<Record<PacerName, PacerFactory>> = {
  constant: (curve) => new ConstantPacer(curve),
  poisson: (curve, random) => new PoissonPacer(curve, random),
};

/** The pacer called `name`; throws `BAD_SCENARIO` when it is unknown, naming the known ones. */
export function createPacer(name: string, curve: RateCurve, random: Random): Pacer {
  return choose('arrival', name, PACERS)(curve, random);
}
