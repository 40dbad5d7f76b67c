import { normalQuantile } from '../normal.ts';
import { requirePositive } from '../ranges.ts';

export interface LognormalSize {
  /** Half of the values are smaller. The mean is this times exp(sigma² / 2). Over 0. */
  readonly medianBytes: number;
  /** Standard deviation of the logarithm of the size, over 0. */
  readonly sigma: number;
}

/** Many small values and a few large ones, as of rendered fragments and serialised objects. */
export function lognormalQuantile({ medianBytes, sigma }: LognormalSize): (u: number) => number {
  requirePositive('median size', medianBytes);
  requirePositive('sigma', sigma);
  return (u) => medianBytes * Math.exp(sigma * normalQuantile(u));
}

/** The median of a log-normal distribution with this mean. */
export function medianOfMean(mean: number, sigma: number): number {
  return mean / Math.exp((sigma * sigma) / 2);
}
