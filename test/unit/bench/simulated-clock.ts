import type { CancelTimer, Clock } from '../../../src/base/clock.ts';

/** A clock that moves a little whenever it is read, and to the due time of the next timer when all wait for one. */
export class SimulatedClock implements Clock {
  readonly #stepMs: number;
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(stepMs = 0.001) {
    this.#stepMs = stepMs;
  }

  wallMs(): number {
    return this.#now;
  }

  nowMs(): number {
    this.#now += this.#stepMs;
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): CancelTimer {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.add(timer);
    setImmediate(() => this.#fireNext());
    return () => void this.#timers.delete(timer);
  }

  #fireNext(): void {
    const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
    if (next === undefined) return;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.callback();
  }
}
