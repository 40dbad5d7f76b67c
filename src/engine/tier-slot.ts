import type { Clock } from '../base/clock.ts';
import { settleWithin } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { LocalAccess, Tier, TierEntry, TierHit } from '../backends/tier.ts';
import { TierCounters } from '../metrics/counters.ts';
import { durationMs, type TierFailure, type TierSpec } from './options.ts';

/** What one tier did for this cache. */
export type TierCounts = Readonly<TierCounters>;

type OnFailure = (failure: TierFailure) => void;

/** One tier as the cache uses it: bounded, counted, and with reads and fills that never throw. */
export class TierSlot {
  readonly tier: Tier;
  readonly name: string;
  /** Bound on the time to live here; Infinity without one. */
  readonly ttlMs: number;
  readonly local: LocalAccess | undefined;
  readonly counts: TierCounters = new TierCounters();
  readonly #deadlineMs: number | undefined;
  readonly #clock: Clock;
  readonly #onFailure: OnFailure;

  constructor(spec: TierSpec, clock: Clock, onFailure: OnFailure) {
    this.tier = spec.tier;
    this.name = spec.tier.name;
    this.local = spec.tier.local;
    this.ttlMs = spec.ttl === undefined ? Infinity : durationMs(spec.ttl, `tier ${this.name}: ttl`);
    this.#deadlineMs =
      spec.deadline === undefined ? undefined : durationMs(spec.deadline, `tier ${this.name}: deadline`);
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** In the order of the keys; a tier that fails has none of them. */
  async read(keys: readonly string[], withTtl: boolean): Promise<readonly (TierHit | undefined)[]> {
    try {
      const [only] = keys;
      const hits =
        only !== undefined && keys.length === 1
          ? [await this.#bounded(this.tier.get(only, { withTtl }))]
          : await this.#bounded(this.tier.getMany(keys, { withTtl }));
      for (const hit of hits) {
        if (hit === undefined) this.counts.misses++;
        else this.counts.hits++;
      }
      return hits;
    } catch (error) {
      this.failed('get', error);
      return [];
    }
  }

  /** Writes, and gives back the failure instead of throwing it. */
  write(entries: readonly TierEntry[]): Promise<TierFailure | undefined> {
    this.counts.sets += entries.length;
    const [only] = entries;
    return this.#attempt(
      'set',
      entries.length === 1 && only !== undefined
        ? this.tier.set(only.key, only.value, only.ttlMs)
        : this.tier.setMany(entries),
    );
  }

  /** Deletes, and gives back the number of entries that were there, or the failure. */
  async remove(keys: readonly string[]): Promise<number | TierFailure> {
    this.counts.deletes += keys.length;
    let removed = 0;
    const failure = await this.#attempt(
      'delete',
      this.tier.deleteMany(keys).then((count) => {
        removed = count;
      }),
    );
    return failure ?? removed;
  }

  failed(operation: TierFailure['operation'], error: unknown): TierFailure {
    this.counts.errors++;
    const failure = { tier: this.name, operation, error };
    this.#onFailure(failure);
    return failure;
  }

  async #attempt(operation: 'set' | 'delete', work: Promise<void>): Promise<TierFailure | undefined> {
    try {
      await this.#bounded(work);
      return undefined;
    } catch (error) {
      return this.failed(operation, error);
    }
  }

  #bounded<T>(work: Promise<T>): Promise<T> {
    const limit = this.#deadlineMs;
    if (limit === undefined) return work;
    const late = (): Error =>
      new CachectlError('DEADLINE_EXCEEDED', `${this.name}: no answer within ${limit} ms`);
    return settleWithin(work, limit, late, this.#clock);
  }
}
