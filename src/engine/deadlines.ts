import type { CancelTimer, Clock } from '../base/clock.ts';

interface Waiting {
  readonly untilMs: number;
  readonly miss: () => void;
  settled: boolean;
  next: Waiting | undefined;
}

/**
 * One deadline for many calls, kept by one timer: all take equally long, so the oldest is always the next to be
 * missed. A timer for each call would cost more than what most calls do.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #onMiss: () => Error;
  #oldest: Waiting | undefined;
  #newest: Waiting | undefined;
  #cancelTimer: CancelTimer | undefined;

  constructor(ms: number, clock: Clock, onMiss: () => Error) {
    this.#ms = ms;
    this.#clock = clock;
    this.#onMiss = onMiss;
  }

  /** Settles as `work` does, or rejects when that takes too long; a late rejection of it is swallowed. */
  bound<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        untilMs: this.#clock.nowMs() + this.#ms,
        miss: () => reject(this.#onMiss()),
        settled: false,
        next: undefined,
      };
      this.#add(waiting);
      work.then(
        (value) => {
          waiting.settled = true;
          resolve(value);
        },
        (error: unknown) => {
          waiting.settled = true;
          reject(error);
        },
      );
    });
  }

  #add(waiting: Waiting): void {
    this.#dropSettled();
    if (this.#newest === undefined) this.#oldest = waiting;
    else this.#newest.next = waiting;
    this.#newest = waiting;
    if (this.#cancelTimer === undefined) this.#watch(this.#ms);
  }

  /** Answers that have arrived are read first: when this process was busy, timers fire before its sockets are looked at. */
  #watch(ms: number): void {
    const sweepSoon = (): void => void setImmediate(() => this.#sweep());
    this.#cancelTimer = this.#clock.setTimer(sweepSoon, Math.max(1, ms), { background: true });
  }

  #sweep(): void {
    this.#cancelTimer = undefined;
    const nowMs = this.#clock.nowMs();
    this.#dropSettled();
    while (this.#oldest !== undefined && this.#oldest.untilMs <= nowMs) {
      this.#oldest.settled = true;
      this.#oldest.miss();
      this.#dropSettled();
    }
    if (this.#oldest !== undefined) this.#watch(this.#oldest.untilMs - nowMs);
  }

  #dropSettled(): void {
    while (this.#oldest?.settled === true) this.#oldest = this.#oldest.next;
    if (this.#oldest === undefined) this.#newest = undefined;
  }
}
