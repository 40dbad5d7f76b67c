import { requirePositive } from '../ranges.ts';
import type { RateCurve } from '../rate-curve.ts';

/** The same rate all the time. */
export function constantRate(ratePerSecond: number): RateCurve {
  requirePositive('rate', ratePerSecond);
  return {
    timeOf: (count) => (count * 1000) / ratePerSecond,
    countUntil: (ms) => (ms * ratePerSecond) / 1000,
  };
}
