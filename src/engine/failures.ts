import type { Clock } from '../base/clock.ts';

const MOST_FAILURES = 10_000;

interface Failure {
  readonly error: unknown;
  readonly untilMs: number;
}

/** Loads that failed a short time ago: until their back-off is over callers get the same error, and the origin gets a rest. */
export class Failures {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Failure>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(key: string, error: unknown, forMs: number): void {
    if (forMs <= 0) return;
    if (this.#byKey.size >= MOST_FAILURES) this.#byKey.clear();
    this.#byKey.set(key, { error, untilMs: this.#clock.nowMs() + forMs });
  }

  of(key: string): Failure | undefined {
    if (this.#byKey.size === 0) return undefined;
    const failure = this.#byKey.get(key);
    if (failure === undefined || failure.untilMs > this.#clock.nowMs()) return failure;
    this.#byKey.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  forgetAll(): void {
    this.#byKey.clear();
  }
}
