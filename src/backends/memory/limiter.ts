import type { CancelTimer, Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { checkRateLimit, type Limiter, type RateDecision, type RateLimit } from '../limiter.ts';

interface Log {
  /** When each unit was used, oldest first. */
  readonly stamps: number[];
  cancelExpiry: CancelTimer;
}

/** Counts hits of this process alone: every process has the limit to itself. */
export class MemoryLimiter implements Limiter {
  readonly #clock: Clock;
  readonly #logs = new Map<string, Log>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async hit(key: string, limit: RateLimit): Promise<RateDecision> {
    this.#checkOpen();
    checkRateLimit(limit);
    const { limit: most, windowMs, cost = 1 } = limit;
    const now = this.#clock.nowMs();
    const log = this.#logs.get(key);
    const stamps = log?.stamps ?? [];
    const kept = stamps.findIndex((stamp) => stamp > now - windowMs);
    stamps.splice(0, kept === -1 ? stamps.length : kept);
    const over = stamps.length + cost - most;
    if (over > 0) {
      const frees = stamps[over - 1] ?? now;
      return {
        allowed: false,
        remaining: Math.max(0, most - stamps.length),
        retryAfterMs: frees + windowMs - now,
      };
    }
    for (let i = 0; i < cost; i++) stamps.push(now);
    log?.cancelExpiry();
    const expire = (): void => void this.#logs.delete(key);
    this.#logs.set(key, {
      stamps,
      cancelExpiry: this.#clock.setTimer(expire, windowMs, { background: true }),
    });
    return { allowed: true, remaining: most - stamps.length, retryAfterMs: 0 };
  }

  async reset(key: string): Promise<void> {
    this.#checkOpen();
    this.#logs.get(key)?.cancelExpiry();
    this.#logs.delete(key);
  }

  close(): void {
    this.#closed = true;
    for (const { cancelExpiry } of this.#logs.values()) cancelExpiry();
    this.#logs.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the limiter is closed');
  }
}
