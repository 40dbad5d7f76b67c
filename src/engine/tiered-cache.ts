import { CachectlError } from '../base/errors.ts';
import type { TierStats } from '../backends/tier.ts';
import { type Answer, LOADER } from './answer.ts';
import type {
  ApplicationEvents,
  Cache,
  CacheCounts,
  Dependencies,
  Invalidation,
  Resolved,
  SetEntry,
  WrapOptions,
} from './cache.ts';
import type { Invalidations } from './invalidations.ts';
import { type Key, keyString } from './keys.ts';
import type { LoadRequest } from './load.ts';
import type { LoadPath } from './load-path.ts';
import type { Held, Near } from './near.ts';
import type { NewEntries } from './new-entries.ts';
import type { BulkLoader, Loader, LoadOptions, SetOptions } from './options.ts';
import type { EngineCounts, EngineParts } from './parts.ts';
import type { Router } from './policies.ts';
import type { Prefetch } from './prefetch.ts';
import type { Wanted } from './reading.ts';
import { loadOne, requestOf, ttlOf, unlessAborted } from './request.ts';
import type { Sampler } from './sampler.ts';
import type { Signals } from './signals.ts';
import type { Values } from './values.ts';
import type { WritePath } from './write-path.ts';

export interface CacheParts extends EngineParts {
  readonly namespace: string;
  readonly invalidations: Invalidations;
  readonly writes: WritePath;
  readonly loads: LoadPath;
  readonly entries: NewEntries;
  readonly router: Router;
  readonly prefetch: Prefetch;
  readonly sampler: Sampler;
  readonly events: ApplicationEvents;
  readonly dependencies: Dependencies & { closure(keys: readonly string[]): readonly string[] };
  readonly underWay: () => Readonly<Record<string, number>>;
  /** Ends all work and closes the tiers. */
  readonly close: () => Promise<void>;
}

/** The cache as its callers see it: what is in this process is answered at once, the rest goes down its path. */
export class TieredCache implements Cache {
  readonly namespace: string;
  readonly events: ApplicationEvents;
  readonly dependencies: Dependencies;
  readonly signals: Signals;
  readonly #parts: CacheParts;
  // Part of every hit in this process: fields of their own spare it a step each.
  readonly #near: Near;
  readonly #router: Router;
  readonly #values: Values;
  readonly #counts: EngineCounts;
  #closing: Promise<void> | undefined;

  constructor(parts: CacheParts) {
    this.namespace = parts.namespace;
    this.events = parts.events;
    this.dependencies = parts.dependencies;
    this.signals = parts.signals;
    this.#parts = parts;
    this.#near = parts.near;
    this.#router = parts.router;
    this.#values = parts.values;
    this.#counts = parts.counts;
  }

  // Not an async function, nor is getOrLoad: that would cost a hit in this process as much again.
  get<T>(key: Key): Promise<T | undefined> {
    try {
      const wanted = this.#want(key);
      const near = this.#nearest(wanted);
      if (near !== undefined) return Promise.resolve(this.#values.handOut(near) as T);
      return this.#parts.loads
        .lookOne(wanted)
        .then((answer) => this.#handOut(wanted, answer) as T | undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  peek<T>(key: Key): T | undefined {
    const near = this.#nearest(this.#want(key));
    return near === undefined ? undefined : (this.#values.handOut(near) as T);
  }

  getOrLoad<T>(key: Key, loader: Loader<T>, options?: LoadOptions): Promise<T> {
    try {
      const wanted = this.#want(key);
      const near = this.#nearest(wanted);
      if (near !== undefined) return Promise.resolve(this.#values.handOut(near) as T);
      return this.#load(wanted, loader, options).then((answer) => this.#handOut(wanted, answer) as T);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async resolve<T>(key: Key, loader?: Loader<T>, options?: LoadOptions): Promise<Resolved<T>> {
    const wanted = this.#want(key);
    const near = this.#nearest(wanted);
    if (near !== undefined) {
      const nearest = this.#parts.slots[wanted.route.near ?? -1];
      return { value: this.#values.handOut(near) as T, source: nearest?.name, stale: undefined };
    }
    const answer =
      loader === undefined
        ? await this.#parts.loads.lookOne(wanted)
        : await this.#load(wanted, loader, options);
    const value = this.#handOut(wanted, answer) as T | undefined;
    return { value, source: answer?.source, stale: answer?.stale };
  }

  async getMany<T>(keys: readonly Key[]): Promise<(T | undefined)[]> {
    return this.#many<T | undefined>(keys, (missing) => this.#parts.loads.look(missing));
  }

  async getOrLoadMany<T>(keys: readonly Key[], loader: BulkLoader<T>, options?: SetOptions): Promise<T[]> {
    const load: LoadRequest['load'] = async (wanted, signal) => {
      const values = await loader(
        wanted.map(({ key }) => key),
        { signal },
      );
      return values.map((value) => ({ value, store: true, ttlMs: undefined, tags: [] }));
    };
    const request = requestOf(load, options, undefined);
    return this.#many<T>(keys, (missing) => this.#parts.loads.lookOrLoad(missing, request));
  }

  wrap<Args extends readonly unknown[], T>(
    load: (...args: Args) => Promise<T> | T,
    options: WrapOptions<Args>,
  ): (...args: Args) => Promise<T> {
    return (...args) => this.getOrLoad(options.key(...args), () => load(...args), options);
  }

  async set(key: Key, value: unknown, options: SetOptions = {}): Promise<void> {
    await this.setMany([{ ...options, key, value }]);
  }

  async setMany(entries: readonly SetEntry[]): Promise<void> {
    const items = entries.map(({ key, value, ttl, tags = [] }) => ({
      wanted: this.#want(key),
      value,
      ttlMs: ttlOf(ttl),
      tags,
    }));
    await this.#parts.writes.store(await this.#parts.entries.make(items));
    await this.#invalidateDependants(items.map(({ wanted }) => wanted.key));
  }

  async write<T>(key: Key, value: T, save: (value: T) => unknown, options: SetOptions = {}): Promise<void> {
    const wanted = this.#want(key);
    const { ttl, tags = [] } = options;
    const item = { wanted, value, ttlMs: ttlOf(ttl), tags };
    const { writes, entries } = this.#parts;
    const strategy = wanted.route.strategy;
    if (strategy === 'write-behind') {
      await save(value);
      await this.setMany([{ ...options, key, value }]);
      return;
    }
    // From before the data changes: what another process invalidates while we save must make this entry invalid.
    const mark = strategy === 'write-through' ? await entries.markFor([item]) : undefined;
    const after = async () => (await entries.make([item], mark)).map(({ entry }) => entry);
    await writes.change([wanted], () => save(value), strategy === 'write-through' ? after : undefined);
    await this.#invalidateDependants([wanted.key]);
  }

  async change<R>(keys: readonly Key[], save: () => Promise<R> | R): Promise<R> {
    const wanted = this.#closure(keys).map((key) => this.#want(key));
    return this.#parts.writes.change(wanted, save, undefined);
  }

  async delete(key: Key): Promise<boolean> {
    return (await this.deleteMany([key])) > 0;
  }

  async deleteMany(keys: readonly Key[]): Promise<number> {
    const wanted = this.#closure(keys).map((key) => this.#want(key));
    return this.#parts.invalidations.invalidate({ wanted, change: undefined });
  }

  async invalidate({ keys = [], tags = [], patterns = [], all = false }: Invalidation): Promise<void> {
    const wanted = this.#closure(keys).map((key) => this.#want(key));
    const change =
      tags.length > 0 || patterns.length > 0 || all
        ? { tags: [...new Set(tags)], patterns: [...new Set(patterns)], all }
        : undefined;
    if (wanted.length === 0 && change === undefined) return;
    await this.#parts.invalidations.invalidate({ wanted, change });
  }

  clear(): Promise<void> {
    return this.invalidate({ all: true });
  }

  counts(): CacheCounts {
    const { slots, router, counts, sampler } = this.#parts;
    return {
      ...counts,
      sampled: { ...sampler.counts },
      tiers: Object.fromEntries(slots.map((slot) => [slot.name, { ...slot.counts }])),
      policies: Object.fromEntries(router.routes.map((route) => [route.name, { ...route.counts }])),
    };
  }

  underWay(): Readonly<Record<string, number>> {
    return this.#parts.underWay();
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

  close(): Promise<void> {
    this.#closing ??= this.#parts.close();
    return this.#closing;
  }

  #load<T>(wanted: Wanted, loader: Loader<T>, options: LoadOptions | undefined): Promise<Answer | undefined> {
    const answer = this.#parts.loads.lookOrLoadOne(wanted, requestOf(loadOne(loader), options, wanted));
    return unlessAborted(answer, options?.signal);
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
    return near.map((found, i) => {
      if (found !== undefined) return this.#values.handOut(found) as T;
      return this.#handOut(wanted[i] as Wanted, answers[next++]) as T;
    });
  }

  #want(key: Key): Wanted {
    if (this.#closing !== undefined) throw new CachectlError('CLOSED', 'the cache is closed');
    const text = keyString(key);
    return { key: text, route: this.#router.of(text) };
  }

  #closure(keys: readonly Key[]): readonly string[] {
    return this.#parts.dependencies.closure(keys.map(keyString));
  }

  async #invalidateDependants(keys: readonly string[]): Promise<void> {
    const others = this.#parts.dependencies.closure(keys).filter((key) => !keys.includes(key));
    if (others.length > 0) await this.invalidate({ keys: others });
  }

  #nearest(wanted: Wanted): Held | undefined {
    const near = this.#near.hit(wanted.route, wanted.key);
    if (near === undefined) return undefined;
    this.#counts.hits++;
    wanted.route.counts.hits++;
    this.#parts.prefetch.onRead(wanted);
    this.#parts.sampler.onHit(wanted, near);
    return near;
  }

  #handOut(wanted: Wanted, answer: Answer | undefined): unknown {
    const isHit = answer?.source !== undefined && answer.source !== LOADER;
    const { counts, prefetch, values } = this.#parts;
    if (isHit) {
      counts.hits++;
      wanted.route.counts.hits++;
    } else {
      counts.misses++;
      wanted.route.counts.misses++;
    }
    prefetch.onRead(wanted);
    return answer?.found === undefined ? undefined : values.handOut(answer.found);
  }
}
