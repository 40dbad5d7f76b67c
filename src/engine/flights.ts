import type { Clock } from '../base/clock.ts';
import { stampOf, type Trust, trusts, type TrustStamp } from './coherence/trust.ts';

interface Flight<T> {
  readonly result: Promise<T>;
  readonly stamp: TrustStamp;
}

/** Single flight: callers that want the same key while it is being fetched share one fetch. */
export class Flights<T> {
  readonly #trust: Trust;
  readonly #clock: Clock;
  readonly #inFlight = new Map<string, Flight<T>>();

  constructor(trust: Trust, clock: Clock) {
    this.#trust = trust;
    this.#clock = clock;
  }

  /** Joins the flight of `key`, or starts one where there is none or it began too long ago to be trusted. */
  run(key: string, start: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.nowMs();
    const current = this.#inFlight.get(key);
    if (current !== undefined && trusts(this.#trust, current.stamp, nowMs)) return current.result;
    const result = start().finally(() => {
      if (this.#inFlight.get(key)?.result === result) this.#inFlight.delete(key);
    });
    this.#inFlight.set(key, { result, stamp: stampOf(this.#trust, nowMs) });
    return result;
  }

  /** Later callers start anew; those who wait already still get what they wait for. */
  abandon(key: string): void {
    this.#inFlight.delete(key);
  }

  abandonAll(): void {
    this.#inFlight.clear();
  }

  get size(): number {
    return this.#inFlight.size;
  }
}
