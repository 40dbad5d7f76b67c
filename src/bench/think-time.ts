import type { Random } from '../base/random.ts';

/** Longest pause, in means: as TPC-C cuts its think times off (clause 5.2.5.4). */
const MOST = 10;

/**
 * Pauses of users who come and go independently of each other, in milliseconds: exponential around the mean, cut off at
 * ten times that. What is left of such a pause is distributed as the whole, so that users who begin with one are at once
 * as spread out as they will stay. Undefined when nobody thinks.
 */
export function thinkTimes(meanMs: number, random: Random): (() => number) | undefined {
  if (meanMs === 0) return undefined;
  return () => Math.min(MOST * meanMs, -Math.log(1 - random.next()) * meanMs);
}
