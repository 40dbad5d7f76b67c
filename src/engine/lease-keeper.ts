import type { CancelTimer, Clock } from '../base/clock.ts';
import type { Reading } from './reading.ts';

/** Renewals in the time a lease lasts. */
const BEATS = 3;

/** Renews the leases of loads that take long, by one timer for all. A load that is no longer kept lets its leases run out. */
export class LeaseKeeper {
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #kept = new Map<Reading, number>();
  #cancelTimer: CancelTimer | undefined;

  constructor(ttlMs: number, clock: Clock) {
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  keep(readings: readonly Reading[]): void {
    const nowMs = this.#clock.nowMs();
    for (const reading of readings) if (reading.leases.length > 0) this.#kept.set(reading, nowMs);
    if (this.#kept.size > 0 && this.#cancelTimer === undefined) this.#watch();
  }

  drop(readings: readonly Reading[]): void {
    for (const reading of readings) this.#kept.delete(reading);
  }

  get size(): number {
    return this.#kept.size;
  }

  close(): void {
    this.#kept.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #watch(): void {
    const beat = (): void => {
      this.#cancelTimer = undefined;
      const dueMs = this.#clock.nowMs() - this.#ttlMs / BEATS / 2;
      for (const [reading, sinceMs] of this.#kept) if (sinceMs <= dueMs) this.#renew(reading);
      if (this.#kept.size > 0) this.#watch();
    };
    this.#cancelTimer = this.#clock.setTimer(beat, this.#ttlMs / BEATS, { background: true });
  }

  /** A lease that is lost is not dropped here: its fill is going to be refused. */
  #renew({ leases, stored }: Reading): void {
    for (const lease of leases) {
      void lease.slot.renew(stored, lease.token, this.#ttlMs).then((token) => {
        if (token !== undefined) lease.token = token;
      });
    }
  }
}
