import { CachectlError } from '../base/errors.ts';
import type { TierStats } from '../backends/tier.ts';
import type { Cache, CacheCounts, Resolved, SetEntry } from './cache.ts';
import { type Key, keyString } from './keys.ts';
import { type Answer, LOADER, type LoadPath, type Wanted } from './load-path.ts';
import {
  type BulkLoader,
  durationMs,
  type Loader,
  type LoadOptions,
  type SetOptions,
  type TierFailure,
} from './options.ts';
import type { EngineParts } from './parts.ts';
import type { Router } from './policies.ts';
import type { ReadPath } from './read-path.ts';
import type { Found, Values } from './values.ts';
import type { WritePath } from './write-path.ts';

export interface CacheParts extends EngineParts {
  readonly namespace: string;
  readonly values: Values;
  readonly reads: ReadPath;
  readonly writes: WritePath;
  readonly loads: LoadPath;
  readonly router: Router;
}

/** The cache as its callers see it: what is in this process is answered at once, the rest goes down its path. */
export class TieredCache implements Cache {
  readonly namespace: string;
  readonly #parts: CacheParts;
  readonly #closing = new AbortController();
  readonly #counts = { hits: 0, misses: 0 };

  constructor(parts: CacheParts) {
    this.namespace = parts.namespace;
    this.#parts = parts;
  }

  get<T>(key: Key): Promise<T | undefined> {
    return this.#orReject(() => {
      const wanted = this.#want(key);
      const near = this.#nearest(wanted);
      if (near !== undefined) return Promise.resolve(this.#parts.values.handOut(near) as T);
      return this.#parts.loads.lookup([wanted]).then(([answer]) => this.#handOut(answer) as T | undefined);
    });
  }

  peek<T>(key: Key): T | undefined {
    const near = this.#nearest(this.#want(key));
    return near === undefined ? undefined : (this.#parts.values.handOut(near) as T);
  }

  getOrLoad<T>(key: Key, loader: Loader<T>, options?: LoadOptions): Promise<T> {
    return this.#orReject(() => {
      const wanted = this.#want(key);
      const near = this.#nearest(wanted);
      if (near !== undefined) return Promise.resolve(this.#parts.values.handOut(near) as T);
      return this.#load(wanted, loader, options).then((answer) => this.#handOut(answer) as T);
    });
  }

  async resolve<T>(key: Key, loader?: Loader<T>, options?: LoadOptions): Promise<Resolved<T>> {
    const wanted = this.#want(key);
    const near = this.#nearest(wanted);
    if (near !== undefined) {
      const nearest = this.#parts.slots[wanted.route.tiers[0] ?? -1];
      return { value: this.#parts.values.handOut(near) as T, source: nearest?.name };
    }
    const answer =
      loader === undefined
        ? (await this.#parts.loads.lookup([wanted]))[0]
        : await this.#load(wanted, loader, options);
    return { value: this.#handOut(answer) as T | undefined, source: answer?.source };
  }

  async #load<T>(
    wanted: Wanted,
    loader: Loader<T>,
    options: LoadOptions | undefined,
  ): Promise<Answer | undefined> {
    const load = async (): Promise<readonly T[]> => [
      await loader({ key: wanted.key, signal: this.#closing.signal }),
    ];
    const answers = this.#parts.loads.lookupOrLoad([wanted], { load, ttlMs: ttlOf(options) });
    return (await unlessAborted(answers, options?.signal))[0];
  }

  async getMany<T>(keys: readonly Key[]): Promise<(T | undefined)[]> {
    return this.#many<T | undefined>(keys, (missing) => this.#parts.loads.lookup(missing));
  }

  async getOrLoadMany<T>(keys: readonly Key[], loader: BulkLoader<T>, options?: SetOptions): Promise<T[]> {
    const context = { signal: this.#closing.signal };
    const load = (wanted: readonly Wanted[]): ReturnType<BulkLoader<T>> =>
      loader(
        wanted.map(({ key }) => key),
        context,
      );
    return this.#many<T>(keys, (missing) =>
      this.#parts.loads.lookupOrLoad(missing, { load, ttlMs: ttlOf(options) }),
    );
  }

  async set(key: Key, value: unknown, options: SetOptions = {}): Promise<void> {
    await this.setMany([{ ...options, key, value }]);
  }

  async setMany(entries: readonly SetEntry[]): Promise<void> {
    const items = entries.map((entry) => {
      const wanted = this.#want(entry.key);
      if (entry.value !== undefined) {
        return { ...wanted, entry: this.#parts.format.encode(entry.value), ttlMs: ttlOf(entry) };
      }
      throw new CachectlError('BAD_USAGE', `${wanted.key}: undefined is no value`, {
        hint: 'store null, or delete the key',
      });
    });
    this.#parts.loads.abandon(items);
    const failures = await this.#parts.writes.store(items);
    this.#parts.loads.abandon(items);
    throwFirst(failures);
  }

  async delete(key: Key): Promise<boolean> {
    return (await this.deleteMany([key])) > 0;
  }

  async deleteMany(keys: readonly Key[]): Promise<number> {
    const items = keys.map((key) => this.#want(key));
    this.#parts.loads.abandon(items);
    const { removed, failures } = await this.#parts.writes.remove(items);
    this.#parts.loads.abandon(items);
    throwFirst(failures);
    return removed;
  }

  counts(): CacheCounts {
    const tiers = Object.fromEntries(this.#parts.slots.map((slot) => [slot.name, { ...slot.counts }]));
    return { ...this.#counts, ...this.#parts.loads.counts, tiers };
  }

  async tierStats(): Promise<Readonly<Record<string, TierStats>>> {
    const told: Record<string, TierStats> = {};
    await Promise.all(
      this.#parts.slots.map(async (slot) => {
        const stats = await slot.tier.stats().catch(() => undefined);
        if (stats !== undefined) told[slot.name] = stats;
      }),
    );
    return told;
  }

  async close(): Promise<void> {
    this.#closing.abort(new CachectlError('CLOSED', 'the cache was closed'));
    await this.#parts.reads.settle();
    await Promise.all(this.#parts.slots.map((slot) => slot.tier.close()));
  }

  async #many<T>(
    keys: readonly Key[],
    answer: (missing: readonly Wanted[]) => Promise<readonly Answer[]>,
  ): Promise<T[]> {
    const wanted = keys.map((key) => this.#want(key));
    const near = wanted.map((item) => this.#nearest(item));
    const missing = wanted.filter((_, i) => near[i] === undefined);
    const answers = missing.length === 0 ? [] : await answer(missing);
    let next = 0;
    return near.map(
      (found) =>
        (found === undefined ? this.#handOut(answers[next++]) : this.#parts.values.handOut(found)) as T,
    );
  }

  /** Not an async function, which would cost a hit in this process as much again. */
  #orReject<T>(read: () => Promise<T>): Promise<T> {
    try {
      return read();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #want(key: Key): Wanted {
    if (this.#closing.signal.aborted) throw new CachectlError('CLOSED', 'the cache is closed');
    const text = keyString(key);
    return { key: text, scoped: this.#parts.keys.scoped(text), route: this.#parts.router.of(text) };
  }

  #nearest(wanted: Wanted): Found | undefined {
    const near = this.#parts.reads.nearest(wanted.route, wanted.scoped);
    if (near !== undefined) this.#counts.hits++;
    return near;
  }

  #handOut(answer: Answer | undefined): unknown {
    if (answer?.source === undefined || answer.source === LOADER) this.#counts.misses++;
    else this.#counts.hits++;
    return answer?.found === undefined ? undefined : this.#parts.values.handOut(answer.found);
  }
}

function ttlOf(options: SetOptions | undefined): number {
  return options?.ttl === undefined ? Infinity : durationMs(options.ttl, 'ttl');
}

/** The caller stops waiting when its signal aborts; the work goes on for others. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function throwFirst(failures: readonly TierFailure[]): void {
  const [first] = failures;
  if (first === undefined) return;
  if (first.error instanceof Error) throw first.error;
  throw new CachectlError('UNEXPECTED', `${first.tier}: ${String(first.error)}`);
}
