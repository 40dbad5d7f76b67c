/** A rate of arrivals over time, as its integral: how many arrivals are expected until when. */
export interface RateCurve {
  /**
   * The time, in milliseconds from 0 on, after which more than `count` arrivals are expected; Infinity when there are
   * never more. The inverse of the cumulative rate, so that arrivals at any spacing can be mapped through it.
   */
  timeOf(count: number): number;
  /** Arrivals expected until `ms`. */
  countUntil(ms: number): number;
}

/** Mean rate per second of a part of the curve; that of its first instant when the part has no length. */
export function meanRate(curve: RateCurve, fromMs: number, toMs: number): number {
  const lengthMs = Math.max(toMs - fromMs, 1e-3);
  return ((curve.countUntil(fromMs + lengthMs) - curve.countUntil(fromMs)) * 1000) / lengthMs;
}
