import { delay } from '../../../src/base/deadline.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { FaultLine } from '../../../src/backends/fault-line.ts';
import type { Invalidation } from '../../../src/engine/cache.ts';
import type { Loader, LoadOptions } from '../../../src/engine/options.ts';
import type { CacheUnderTest } from '../sim/subject.ts';
import type { ToyBug } from './toy-bugs.ts';
import type { ToyFetch, ToyStore, ToyValue } from './toy-store.ts';

export interface ToyOptions {
  readonly store: ToyStore;
  readonly line: FaultLine;
  readonly clock: Clock;
  readonly boundMs: number;
  readonly throttleMs: number;
  readonly lifetimeMs: number;
  readonly bugs: ReadonlySet<ToyBug>;
}

interface Remembered {
  readonly value: unknown;
  readonly learntMs: number;
}

interface Flight extends Remembered {
  readonly value: Promise<unknown>;
}

const LEASE_MS = 200;
const POLL_MS = 3;
const MOST_POLLS = 60;

/**
 * The smallest cache that keeps its word: what it remembers is used for no longer than the bound after it began to be
 * asked for, so that instances need not talk; everything else is asked of the store. It can be given each of
 * {@link ToyBug}, to show that the checker sees them.
 */
export class ToyCache implements CacheUnderTest {
  readonly #options: ToyOptions;
  readonly #memory = new Map<string, Remembered>();
  readonly #flights = new Map<string, Flight>();
  /** Own invalidations so far. */
  #sequence = 0;

  constructor(options: ToyOptions) {
    this.#options = options;
  }

  async get<T>(key: string): Promise<T | undefined> {
    const near = this.#remembered(key);
    if (near !== undefined) return near.value as T;
    const { line, store } = this.#options;
    const entry = await line.call(async () => store.look(key)).catch(() => undefined);
    return entry?.value as T | undefined;
  }

  getOrLoad<T>(key: string, loader: Loader<T>, options: LoadOptions = {}): Promise<T> {
    const near = this.#remembered(key);
    if (near !== undefined) return Promise.resolve(near.value as T);
    const current = this.#flights.get(key);
    if (current !== undefined && (this.#isFresh(current) || this.#has('joins-for-ever'))) {
      return current.value as Promise<T>;
    }
    const learntMs = this.#options.clock.nowMs();
    const flight: Flight = {
      learntMs,
      value: this.#fetchOrLoad(key, loader, options.tags ?? [], learntMs).finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      }),
    };
    this.#flights.set(key, flight);
    return flight.value as Promise<T>;
  }

  async invalidate({ keys = [], tags = [], patterns = [], all = false }: Invalidation): Promise<void> {
    this.#forget();
    const { store, line } = this.#options;
    try {
      if (!this.#has('invalidates-memory-only')) {
        await line.call(async () => {
          store.invalidate(keys as readonly string[]);
          for (const tag of tags) store.advance({ tag });
          for (const pattern of patterns) store.advance({ pattern });
          if (all) store.advance({ all });
        });
      }
    } catch (error) {
      if (!this.#has('acknowledges-failures')) throw error;
    } finally {
      this.#forget();
    }
  }

  async write<T>(
    key: string,
    value: T,
    save: (value: T) => unknown,
    options: LoadOptions = {},
  ): Promise<void> {
    const { store, line } = this.#options;
    this.#forget();
    const claim = await line.call(async () => store.claim(key, LEASE_MS, options.tags ?? []));
    try {
      await save(value);
      const entry = this.#entry(value, options.tags ?? [], claim);
      await line.call(async () => store.settle(key, claim.token, entry));
    } catch (error) {
      await line.call(async () => store.invalidate([key])).catch(() => {});
      throw error;
    } finally {
      this.#forget();
    }
  }

  async close(): Promise<void> {}

  async #fetchOrLoad(
    key: string,
    loader: Loader<unknown>,
    tags: readonly string[],
    learntMs: number,
  ): Promise<unknown> {
    const sequence = this.#sequence;
    const remember = (value: unknown): void => {
      if (this.#sequence !== sequence && !this.#has('fills-memory-after-own-invalidation')) return;
      const stampMs = this.#has('stamps-after-load') ? this.#options.clock.nowMs() : learntMs;
      this.#memory.set(this.#has('mixes-keys') ? `${key.slice(0, 2)}1` : key, { value, learntMs: stampMs });
    };
    const load = async (): Promise<unknown> => loader({ key } as Parameters<typeof loader>[0]);
    const fetched = await this.#fetchUnlessHeld(key, tags);
    if (fetched === undefined || fetched.state === 'held') return load();
    if (fetched.state === 'failed') throw new Error(fetched.message);
    if (fetched.state === 'hit') {
      remember(fetched.entry.value);
      return fetched.entry.value;
    }
    const { line, store, throttleMs } = this.#options;
    const { token } = fetched;
    try {
      const value = await load();
      const entry = this.#entry(value, tags, fetched);
      const isStored = await line.call(async () => store.fill(key, token, entry)).catch(() => false);
      if (isStored) remember(value);
      return value;
    } catch (error) {
      const forMs = this.#has('jitters-throttle') ? throttleMs / 2 : throttleMs;
      await line.call(async () => store.fail(key, token, 'the load failed', forMs)).catch(() => {});
      throw error;
    }
  }

  /** Undefined when the store cannot be reached. */
  async #fetchUnlessHeld(key: string, tags: readonly string[]): Promise<ToyFetch | undefined> {
    const most = this.#has('waits-for-nobody') ? 0 : this.#has('waits-for-ever') ? Infinity : MOST_POLLS;
    for (let polls = 0; ; polls++) {
      let fetched: ToyFetch;
      try {
        fetched = await this.#fetch(key, tags);
      } catch (error) {
        if (this.#has('fails-with-the-store')) throw error;
        return undefined;
      }
      if (fetched.state !== 'held' || polls >= most) return fetched;
      if (this.#has('waits-for-ever')) await new Promise(() => {});
      await delay(this.#options.clock, POLL_MS);
    }
  }

  #fetch(key: string, tags: readonly string[]): Promise<ToyFetch> {
    const { line, store } = this.#options;
    return line.call(async () => store.fetch(key, LEASE_MS, tags));
  }

  #entry(value: unknown, tags: readonly string[], from: { epoch: number; incarnation: number }): ToyValue {
    const { clock, lifetimeMs } = this.#options;
    return {
      value,
      tags,
      epoch: from.epoch,
      incarnation: from.incarnation,
      expiresMs: clock.nowMs() + lifetimeMs,
    };
  }

  #remembered(key: string): Remembered | undefined {
    const near = this.#memory.get(key);
    return near !== undefined && (this.#isFresh(near) || this.#has('memory-for-ever')) ? near : undefined;
  }

  #isFresh({ learntMs }: Remembered): boolean {
    return this.#options.clock.nowMs() < learntMs + this.#options.boundMs;
  }

  #forget(): void {
    this.#sequence++;
    this.#memory.clear();
    this.#flights.clear();
  }

  #has(bug: ToyBug): boolean {
    return this.#options.bugs.has(bug);
  }
}
