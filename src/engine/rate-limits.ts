import { type ErrorCode, isCachectlError } from '../base/errors.ts';
import { checkRateLimit, type Limiter, type RateDecision } from '../backends/limiter.ts';
import { joinKey, type KeyPart } from './keys.ts';
import { type Duration, durationMs } from './options.ts';

/**
 * What is answered when the server cannot tell. `open`: allowed, for limits that are about fairness. `closed`: refused,
 * for limits that protect, as those on log-in attempts.
 */
export type WhenUnknown = 'open' | 'closed';

export interface RateLimiterOptions {
  /** First part of the keys, to keep limits apart that share a server. Default `rate`. */
  readonly name?: string;
  /** Hits allowed in a window: an integer from 1 to 10,000. */
  readonly limit: number;
  /** Length of the window, which slides. */
  readonly window: Duration;
  /** Default `open`. */
  readonly whenUnknown?: WhenUnknown;
  /** Hears why the server could not tell. It must not throw. */
  readonly onError?: (error: unknown) => void;
}

export interface RateVerdict extends RateDecision {
  /** False when the server could not tell, and `whenUnknown` decided. */
  readonly known: boolean;
}

export interface RateLimiter {
  /** Counts a hit of what the parts name: `check('login', address)`. */
  check(...parts: readonly KeyPart[]): Promise<RateVerdict>;
  /** As `check`, for a hit that counts as many as `cost`, from 1 to the limit. */
  spend(cost: number, ...parts: readonly KeyPart[]): Promise<RateVerdict>;
  /** Forgets the hits. Rejects when the server cannot. */
  reset(...parts: readonly KeyPart[]): Promise<void>;
}

/** With `closed`: when to ask a server again that could not tell. */
const ASK_AGAIN_MS = 1000;

const UNKNOWN: readonly ErrorCode[] = [
  'DEADLINE_EXCEEDED',
  'SERVER_UNREACHABLE',
  'SERVER_ERROR',
  'AUTH_FAILED',
  'CLOSED',
];

/**
 * A limit on how often something may happen, counted on a server for all instances, in a sliding window.
 * @throws CachectlError `BAD_USAGE` when an option is wrong
 */
export function rateLimiter(limiter: Limiter, options: RateLimiterOptions): RateLimiter {
  const { name = 'rate', limit, whenUnknown = 'open', onError = () => {} } = options;
  const windowMs = durationMs(options.window, 'window');
  checkRateLimit({ limit, windowMs });
  const spend = async (cost: number, ...parts: readonly KeyPart[]): Promise<RateVerdict> => {
    try {
      return { ...(await limiter.hit(joinKey([name, ...parts]), { limit, windowMs, cost })), known: true };
    } catch (error) {
      if (!isCachectlError(error, ...UNKNOWN)) throw error;
      onError(error);
      const allowed = whenUnknown === 'open';
      return { allowed, remaining: 0, retryAfterMs: allowed ? 0 : ASK_AGAIN_MS, known: false };
    }
  };
  return {
    check: (...parts) => spend(1, ...parts),
    spend,
    reset: (...parts) => limiter.reset(joinKey([name, ...parts])),
  };
}
