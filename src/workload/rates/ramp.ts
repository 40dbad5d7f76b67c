import { requirePositive, requireRange } from '../ranges.ts';
import type { RateCurve } from '../rate-curve.ts';

export interface RampShape {
  /** Operations per second in the end, over 0. */
  readonly toRate: number;
  /** How long the rate changes, over 0; then it stays. */
  readonly overMs: number;
}

/** A rate that rises or falls evenly from `rate`, 0 or more. */
export function rampRate(rate: number, { toRate, overMs }: RampShape): RateCurve {
  requireRange('rate', rate, 0, Number.MAX_VALUE);
  requirePositive('rate at the end of the ramp', toRate);
  requirePositive('length of the ramp', overMs);
  const [from, to] = [rate / 1000, toRate / 1000];
  const rising = (to - from) / overMs;
  const inRamp = ((from + to) / 2) * overMs;
  return {
    timeOf: (count) => {
      if (count >= inRamp) return overMs + (count - inRamp) / to;
      // The root of rising/2·t² + from·t = count, in the form that loses no digits when the rise is small.
      return (2 * count) / (from + Math.sqrt(from * from + 2 * rising * count)) || 0;
    },
    countUntil: (ms) => (ms >= overMs ? inRamp + (ms - overMs) * to : (from + (rising * ms) / 2) * ms),
  };
}
