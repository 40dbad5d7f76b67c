import { CachectlError } from '../base/errors.ts';

/**
 * The contract of a sliding-window rate limiter whose counting is atomic on the server and timed by its clock:
 * in no window of `windowMs` are more than `limit` hits allowed.
 *
 * What every implementation keeps (test/contract/limiter-contract.ts):
 * - Hits that are refused do not count, and a hit counts as a whole or not at all.
 * - A key is always asked for with the same window; the limit may change.
 * - Nothing is left of a key once a window has passed without hits.
 */
export interface Limiter {
  /** @throws CachectlError `BAD_USAGE` (see {@link checkRateLimit}), or when the server cannot tell */
  hit(key: string, limit: RateLimit): Promise<RateDecision>;
  /** Forgets the key's hits. */
  reset(key: string): Promise<void>;
}

export interface RateLimit {
  /** Hits allowed in a window; an integer from 1 to {@link MAX_LIMIT}. */
  readonly limit: number;
  /** Length of the window in milliseconds, at least 1. */
  readonly windowMs: number;
  /** What this hit counts; an integer from 1 to `limit`. Default 1. */
  readonly cost?: number;
}

/** Every hit of a window is kept, so that the window is exact; this bounds what a key takes (about 10 bytes a hit). */
export const MAX_LIMIT = 10_000;

export interface RateDecision {
  readonly allowed: boolean;
  /** What could still be used now. */
  readonly remaining: number;
  /** Time until at least `cost` may be used, in milliseconds; 0 when allowed. */
  readonly retryAfterMs: number;
}

/** @throws CachectlError `BAD_USAGE` */
export function checkRateLimit({ limit, windowMs, cost = 1 }: RateLimit): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new CachectlError(
      'BAD_USAGE',
      `a rate limit of ${limit} is not an integer from 1 to ${MAX_LIMIT}`,
      {
        hint: 'count in larger units, or limit a shorter window',
      },
    );
  }
  if (!Number.isFinite(windowMs) || windowMs < 1) {
    throw new CachectlError('BAD_USAGE', `a window of ${windowMs} ms is not at least 1 ms`);
  }
  if (!Number.isInteger(cost) || cost < 1 || cost > limit) {
    throw new CachectlError(
      'BAD_USAGE',
      `a cost of ${cost} is not an integer from 1 to the limit (${limit})`,
    );
  }
}
