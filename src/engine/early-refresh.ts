import type { Random } from '../base/random.ts';

/*
 * Early refresh (XFetch; Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB
 * 2015): a hit refreshes when the time left is at most δ·β·-ln(u), u uniform in (0, 1], δ the time loading takes. So
 * with t left it does with probability exp(-t / (β·δ)), which is 36.8 % at t = δ for β = 1.
 */

/** The largest `-ln(u)` that can be drawn: `u` has 53 bits and is not 0. */
const MOST_DRAWN: number = 53 * Math.LN2;

/** How much ahead of expiry this hit would refresh, in milliseconds. Needs `beta` ≥ 0; with 0 it is never ahead. */
export function earlyBySomeMs(loadMs: number, beta: number, random: Random): number {
  return loadMs * beta * -Math.log(1 - random.next());
}

/** More than this ahead of expiry, in milliseconds, no hit refreshes: with more left there is no need to draw. */
export function mostEarlyMs(loadMs: number, beta: number): number {
  return loadMs * beta * MOST_DRAWN;
}

/**
 * A time to live shortened by a random part of up to `share` (0 to 1) of it, so that entries that were stored together
 * do not end together. Infinity stays as it is.
 */
export function jittered(ttlMs: number, share: number, random: Random): number {
  if (share === 0 || ttlMs === Infinity) return ttlMs;
  return ttlMs * (1 - share * random.next());
}
