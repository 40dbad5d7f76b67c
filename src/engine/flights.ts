import type { Clock } from '../base/clock.ts';
import { stampOf, type Trust, trusts, type TrustStamp } from './coherence/trust.ts';

export type MaybeLater<T> = T | Promise<T>;

interface Flight<T> {
  readonly stamp: TrustStamp;
  readonly result: Promise<T>;
}

/** What is fetched together. */
class Batch<T> {
  answers: Promise<readonly MaybeLater<T>[]> = Promise.resolve([]);
}

/** One key of a batch. A promise of its own is only made when somebody joins it. */
class Part<T> implements Flight<T> {
  readonly stamp: TrustStamp;
  readonly batch: Batch<T>;
  readonly #place: number;

  constructor(stamp: TrustStamp, place: number, batch: Batch<T>) {
    this.stamp = stamp;
    this.batch = batch;
    this.#place = place;
  }

  get result(): Promise<T> {
    return this.batch.answers.then((answers) => answers[this.#place] as MaybeLater<T>);
  }
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
    const current = this.#trusted(key, nowMs);
    if (current !== undefined) return current.result;
    const stamp = stampOf(this.#trust, nowMs);
    const result = start();
    const flight = { result, stamp };
    this.#inFlight.set(key, flight);
    const end = (): void => {
      if (this.#inFlight.get(key) === flight) this.#inFlight.delete(key);
    };
    result.then(end, end);
    return result;
  }

  /**
   * As {@link run} for many. `start` is given the places of those that nobody fetches yet, and gives an answer for
   * each, or a promise where it takes longer than for the others.
   */
  async runMany(
    keys: readonly string[],
    start: (own: readonly number[]) => Promise<readonly MaybeLater<T>[]>,
  ): Promise<readonly T[]> {
    const nowMs = this.#clock.nowMs();
    const stamp = stampOf(this.#trust, nowMs);
    const batch = new Batch<T>();
    const own: number[] = [];
    const joined = new Map<number, Flight<T>>();
    for (const [i, key] of keys.entries()) {
      const current = this.#trusted(key, nowMs);
      if (current === undefined) this.#inFlight.set(key, new Part(stamp, own.push(i) - 1, batch));
      else joined.set(i, current);
    }
    const results = Array.from<MaybeLater<T>>({ length: keys.length });
    if (own.length > 0) {
      batch.answers = start(own);
      await this.#land(batch, keys, own, results);
    }
    for (const [i, flight] of joined) results[i] = flight.result;
    return Promise.all(results);
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

  #trusted(key: string, nowMs: number): Flight<T> | undefined {
    const current = this.#inFlight.get(key);
    return current !== undefined && trusts(this.#trust, current.stamp, nowMs) ? current : undefined;
  }

  /** Puts the answers of a batch into their places, and ends each flight with its own answer. */
  async #land(
    batch: Batch<T>,
    keys: readonly string[],
    own: readonly number[],
    results: MaybeLater<T>[],
  ): Promise<void> {
    const end = (key: string): void => {
      const current = this.#inFlight.get(key);
      if (current instanceof Part && current.batch === batch) this.#inFlight.delete(key);
    };
    let answers: readonly MaybeLater<T>[] = [];
    try {
      answers = await batch.answers;
    } finally {
      for (const [place, i] of own.entries()) {
        const key = keys[i] as string;
        const answer = answers[place];
        results[i] = answer as MaybeLater<T>;
        if (answer instanceof Promise)
          answer.then(
            () => end(key),
            () => end(key),
          );
        else end(key);
      }
    }
  }
}
