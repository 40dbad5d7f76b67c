import { requirePositive, requireRange } from '../ranges.ts';
import type { RateCurve } from '../rate-curve.ts';
import { periodic } from './periodic.ts';

export interface SineShape {
  /** How far the rate goes up and down, as a share of the mean, from 0 to 1. */
  readonly amplitude: number;
  readonly periodMs: number;
}

const MOST_STEPS = 100;

/** A rate that swings around its mean `rate`, as over a day; it begins at the mean and rises. */
export function sineRate(rate: number, { amplitude, periodMs }: SineShape): RateCurve {
  requirePositive('rate', rate);
  requireRange('amplitude', amplitude, 0, 1);
  requirePositive('period', periodMs);
  const mean = rate / 1000;
  const turn = (2 * Math.PI) / periodMs;
  const countUntil = (ms: number): number =>
    mean * (ms + (amplitude * 2 * Math.sin((turn * ms) / 2) ** 2) / turn);
  const rateAt = (ms: number): number => mean * (1 + amplitude * Math.sin(turn * ms));
  return periodic({ timeOf: (count) => solve(count, countUntil, rateAt, periodMs), countUntil }, periodMs);
}

/** Newton's method, kept between bounds that close in, as where the rate is 0 a step of it would go anywhere. */
function solve(
  count: number,
  countUntil: (ms: number) => number,
  rateAt: (ms: number) => number,
  periodMs: number,
): number {
  let [low, high] = [0, periodMs];
  let ms = (count / countUntil(periodMs)) * periodMs;
  for (let step = 0; step < MOST_STEPS; step++) {
    const excess = countUntil(ms) - count;
    if (excess > 0) high = ms;
    else low = ms;
    const newton = ms - excess / rateAt(ms);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - ms) <= periodMs * 1e-14) return next;
    ms = next;
  }
  return ms;
}
