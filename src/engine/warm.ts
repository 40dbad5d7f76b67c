import { type Clock, systemClock } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { Cache } from './cache.ts';
import type { Key } from './keys.ts';
import type { BulkLoader, SetOptions } from './options.ts';

export interface WarmOptions extends SetOptions {
  /** Batches under way at once. Default 8. */
  readonly concurrency?: number;
  /** Keys that are read, and loaded where they are missing, with one call. Default 100. */
  readonly batch?: number;
  /** Keys per second, at most. Default: as fast as the tiers and the loader are. */
  readonly rate?: number;
  /** Ends it early: no more batches begin, those under way are awaited. */
  readonly signal?: AbortSignal;
  /** Told after each batch. */
  readonly onProgress?: (counts: WarmCounts) => void;
  /** Told of each batch that failed; the others go on. */
  readonly onFailure?: (keys: readonly Key[], error: unknown) => void;
  readonly clock?: Clock;
}

/** What became of the keys. Together they are so many of the source, from its start: it can go on from there. */
export interface WarmCounts {
  /** Loaded and stored. */
  readonly warmed: number;
  /** Were in a tier already, or came into one by others at the same time. */
  readonly present: number;
  /** The loader had no value for them. */
  readonly absent: number;
  /** Their load failed. */
  readonly failed: number;
}

/**
 * Puts keys into the tiers of a cache before they are asked for. What a tier has is not loaded again, and is brought into
 * the nearer tiers, so that warming that was broken off goes on where it ended. Keys are taken from the source only as
 * fast as they are warmed: it may be endless, or larger than the memory.
 *
 * @throws CachectlError `BAD_USAGE` for options out of range; and what the source of keys throws, when the batches under
 * way have ended. A failed load does not reject, it is counted.
 */
export async function warmKeys<T>(
  cache: Pick<Cache, 'getOrLoadMany'>,
  keys: Iterable<Key> | AsyncIterable<Key>,
  loader: BulkLoader<T>,
  options: WarmOptions = {},
): Promise<WarmCounts> {
  const { concurrency = 8, batch = 100, rate = Infinity, signal, onProgress, onFailure } = options;
  requireCount(concurrency, 'concurrency');
  requireCount(batch, 'batch');
  if (!(rate > 0))
    throw new CachectlError('BAD_USAGE', `rate: ${rate} is not a number of keys per second over 0`);
  const { clock = systemClock, ttl, tags } = options;
  const storing: SetOptions = { ...(ttl !== undefined && { ttl }), ...(tags !== undefined && { tags }) };
  const source = new Batches(keys, batch, new Pace(rate, clock, signal));
  const counts = { warmed: 0, present: 0, absent: 0, failed: 0 };

  const worker = async (): Promise<void> => {
    while (signal?.aborted !== true) {
      const taken = await source.next();
      if (taken.length === 0) return;
      const outcome = await warmBatch(cache, taken, loader, storing, onFailure);
      for (const name of NAMES) counts[name] += outcome[name];
      onProgress?.({ ...counts });
    }
  };

  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  await source.close();
  const broken = outcomes.find((outcome) => outcome.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  return counts;
}

const NAMES: readonly (keyof WarmCounts)[] = ['warmed', 'present', 'absent', 'failed'];

async function warmBatch<T>(
  cache: Pick<Cache, 'getOrLoadMany'>,
  keys: readonly Key[],
  loader: BulkLoader<T>,
  storing: SetOptions,
  onFailure: WarmOptions['onFailure'],
): Promise<WarmCounts> {
  let warmed = 0;
  let absent = 0;
  const counting: BulkLoader<T> = async (missing, context) => {
    const values = await loader(missing, context);
    const found = values.filter((value) => value !== undefined).length;
    warmed += found;
    absent += values.length - found;
    return values;
  };
  try {
    await cache.getOrLoadMany(keys, counting, storing);
    return { warmed, absent, present: keys.length - warmed - absent, failed: 0 };
  } catch (error) {
    onFailure?.(keys, error);
    // which of the keys were there is not known of a call that failed
    return { warmed, absent, present: 0, failed: keys.length - warmed - absent };
  }
}

/** Keys in batches, out of a source that is asked by one at a time, at a rate. */
class Batches {
  readonly #source: Iterator<Key> | AsyncIterator<Key>;
  readonly #size: number;
  readonly #pace: Pace;
  #last: Promise<readonly Key[]> = Promise.resolve([]);
  #isOver = false;

  constructor(keys: Iterable<Key> | AsyncIterable<Key>, size: number, pace: Pace) {
    this.#source = Symbol.asyncIterator in keys ? keys[Symbol.asyncIterator]() : keys[Symbol.iterator]();
    this.#size = size;
    this.#pace = pace;
  }

  /** Empty when there are no more, or no more are wanted. */
  next(): Promise<readonly Key[]> {
    this.#last = this.#last.then(() => this.#take());
    return this.#last;
  }

  /** Lets a source that was not read to its end know. */
  async close(): Promise<void> {
    if (!this.#isOver) await this.#source.return?.();
  }

  async #take(): Promise<readonly Key[]> {
    const batch: Key[] = [];
    while (batch.length < this.#size) {
      const key = await this.#ask();
      if (key === undefined) break;
      // only once there is a key: the end of the source is not waited for
      if (batch.length === 0 && !(await this.#pace.turn())) break;
      batch.push(key);
    }
    this.#pace.passed(batch.length);
    return batch;
  }

  async #ask(): Promise<Key | undefined> {
    if (this.#isOver) return undefined;
    try {
      const { done = false, value } = await this.#source.next();
      this.#isOver = done;
      return done ? undefined : (value as Key);
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }
}

/** Lets keys through at a rate: a batch begins when all before it have had their time. */
class Pace {
  readonly #perMs: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #startMs: number;
  #passed = 0;

  constructor(rate: number, clock: Clock, signal: AbortSignal | undefined) {
    this.#perMs = rate / 1000;
    this.#clock = clock;
    this.#signal = signal;
    this.#startMs = clock.nowMs();
  }

  /** Waits until the next batch is due; false when it is not wanted any more. */
  async turn(): Promise<boolean> {
    const waitMs = this.#startMs + this.#passed / this.#perMs - this.#clock.nowMs();
    if (waitMs > 0) await delay(this.#clock, waitMs, this.#signal).catch(() => {});
    return this.#signal?.aborted !== true;
  }

  passed(keys: number): void {
    this.#passed += keys;
  }
}

function requireCount(value: number, name: string): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new CachectlError('BAD_USAGE', `${name}: ${value} is not a whole number of at least 1`);
}
