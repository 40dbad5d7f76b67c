import type { RateCurve } from '../rate-curve.ts';

/** Repeats the first `periodMs` of a curve for ever; some arrivals must be expected in them. */
export function periodic(curve: RateCurve, periodMs: number): RateCurve {
  const each = curve.countUntil(periodMs);
  return {
    timeOf: (count) => {
      const periods = Math.floor(count / each);
      return periods * periodMs + Math.min(curve.timeOf(count - periods * each), periodMs);
    },
    countUntil: (ms) => {
      const periods = Math.floor(ms / periodMs);
      return periods * each + curve.countUntil(ms - periods * periodMs);
    },
  };
}
