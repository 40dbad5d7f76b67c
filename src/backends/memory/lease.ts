import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { LeaseGrant, LeaseStore } from '../lease.ts';

interface Held {
  readonly token: string;
  readonly expiresAt: number;
}

/** Leases between callers of one process. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async acquire(key: string, ttlMs: number): Promise<LeaseGrant> {
    if (this.#live(key) !== undefined) return { granted: false };
    const token = randomUUID();
    this.#held.set(key, { token, expiresAt: this.#clock.nowMs() + ttlMs });
    return { granted: true, token };
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    if (this.#live(key)?.token !== token) return false;
    this.#held.set(key, { token, expiresAt: this.#clock.nowMs() + ttlMs });
    return true;
  }

  async release(key: string, token: string): Promise<boolean> {
    return this.#live(key)?.token === token && this.#held.delete(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held.clear();
  }

  #live(key: string): Held | undefined {
    if (this.#closed) throw new CachectlError('CLOSED', 'the lease store is closed');
    const held = this.#held.get(key);
    if (held === undefined || held.expiresAt > this.#clock.nowMs()) return held;
    this.#held.delete(key);
    return undefined;
  }
}
