import { requirePositive, requireRange } from '../ranges.ts';
import type { RateCurve } from '../rate-curve.ts';
import { periodic } from './periodic.ts';
import { stagedRate } from './steps.ts';

export interface BurstShape {
  /** Operations per second in the bursts, over 0. */
  readonly burstRate: number;
  /** From the begin of a burst to that of the next, over 0. */
  readonly periodMs: number;
  /** Share of the period that the burst takes, over 0 to 1. */
  readonly duty: number;
}

/** On and off: each period begins with a burst; `rate` is that between bursts, 0 or more. */
export function burstRate(rate: number, { burstRate: inBurst, periodMs, duty }: BurstShape): RateCurve {
  requirePositive('rate in a burst', inBurst);
  requirePositive('period', periodMs);
  requireRange('duty', duty, 1e-6, 1);
  const burst = { durationMs: periodMs * duty, rate: inBurst };
  const pause = { durationMs: periodMs * (1 - duty), rate };
  return periodic(stagedRate(duty === 1 ? [burst] : [burst, pause]), periodMs);
}
