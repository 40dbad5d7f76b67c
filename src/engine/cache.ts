import type { TierStats } from '../backends/tier.ts';
import type { BulkLoader, Loader, LoadOptions, SetOptions } from './options.ts';
import type { Signals, StaleReason } from './signals.ts';
import type { Key } from './keys.ts';
import type { TierCounts } from './tier-slot.ts';

/** A tiered cache. Reads go from the nearest tier to the farthest; reads and fills never fail because a tier does. */
export interface Cache {
  readonly namespace: string;

  /** The value, or undefined when no tier has it. `null` is a value. */
  get<T>(key: Key): Promise<T | undefined>;

  /**
   * The value of the key, loaded when no tier has it. Callers that want the same key at once share one load.
   * Rejects with what the loader throws; nothing is stored then.
   */
  getOrLoad<T>(key: Key, loader: Loader<T>, options?: LoadOptions): Promise<T>;

  /**
   * As {@link get}, or with a loader as {@link getOrLoad}, and tells where the value came from: for those who
   * measure, log or answer with a `Cache-Status`.
   */
  resolve<T>(key: Key, loader?: Loader<T>, options?: LoadOptions): Promise<Resolved<T>>;

  /** The value if this process holds it, without a promise and without looking into other tiers. */
  peek<T>(key: Key): T | undefined;

  /**
   * Stores in every tier of the key's policy. All tiers are tried; rejects with the first failure, because a
   * tier that missed the write may still serve the old value.
   */
  set(key: Key, value: unknown, options?: SetOptions): Promise<void>;

  /** Deletes from every tier; true when one had it. Rejects like {@link set}, because a value may have survived. */
  delete(key: Key): Promise<boolean>;

  /** In the order of the keys, with one call a tier. */
  getMany<T>(keys: readonly Key[]): Promise<(T | undefined)[]>;

  /** In the order of the keys; what no tier has is loaded by one call of the loader. */
  getOrLoadMany<T>(keys: readonly Key[], loader: BulkLoader<T>, options?: SetOptions): Promise<T[]>;

  /** As {@link set}; one round trip a server. */
  setMany(entries: readonly SetEntry[]): Promise<void>;

  /** Number of keys that were there, as the tier that had the most counts them. */
  deleteMany(keys: readonly Key[]): Promise<number>;

  /**
   * Makes entries invalid in every tier and every instance. When it resolved, nothing that began to be read before
   * the call is stored or served any more (in other instances: within the bound of the coherence level). All of it
   * is one change, and each key is invalidated once. Rejects when a tier could not be told; it is then told as soon as
   * it can be, and this instance does not use that tier for these keys until then.
   */
  invalidate(what: Invalidation): Promise<void>;

  /** As `invalidate({ all: true })`: a new version of the namespace; nothing is scanned. */
  clear(): Promise<void>;

  /**
   * Changes the data by `save` and keeps the cache right, as the strategy of the key's policy says: from the call
   * until it settles nobody can store what he read before, and after it nobody is served the old value. When `save`
   * rejects so does the call, with the same error, and the cache holds nothing for the key. When this process dies in
   * between, nothing stale is left behind.
   */
  write<T>(key: Key, value: T, save: (value: T) => unknown, options?: SetOptions): Promise<void>;

  /** Runs a change of the data that touches these keys, and invalidates them around it: {@link write} without a value. */
  change<R>(keys: readonly Key[], save: () => Promise<R> | R): Promise<R>;

  /** The function with a cache before it: {@link getOrLoad} under the key that `key` makes of its arguments. */
  wrap<Args extends readonly unknown[], T>(
    load: (...args: Args) => Promise<T> | T,
    options: WrapOptions<Args>,
  ): (...args: Args) => Promise<T>;

  /** Application events, and what they invalidate. */
  readonly events: ApplicationEvents;

  /** What depends on what: an invalidation takes all dependants along. */
  readonly dependencies: Dependencies;

  /** What happens in the cache, for those who log or measure. */
  readonly signals: Signals;

  /** Counts since the cache was created. */
  counts(): CacheCounts;

  /** Work that has not ended, by kind: what a leak would show. All are 0 when nobody calls and nothing refreshes. */
  underWay(): Readonly<Record<string, number>>;

  /** What each tier tells about itself, by name; a tier that fails is left out. */
  tierStats(): Promise<Readonly<Record<string, TierStats>>>;

  /** Aborts loads, waits for fills, and closes the tiers. */
  close(): Promise<void>;
}

export interface Resolved<T> {
  readonly value: T | undefined;
  /** Name of the tier that had it, or `loader`; undefined when nobody had it. */
  readonly source: string | undefined;
  /** Why an expired value was handed out; undefined when it is fresh. */
  readonly stale: StaleReason | undefined;
}

/** What becomes invalid; at least one of these. */
export interface Invalidation {
  readonly keys?: readonly Key[];
  /** Every entry that has one of these tags. */
  readonly tags?: readonly string[];
  /** Every key that matches: `*` is any run of characters, colons too, `?` any one, `\\` takes the next one literally. */
  readonly patterns?: readonly string[];
  /** The whole namespace. */
  readonly all?: boolean;
}

export interface WrapOptions<Args extends readonly unknown[]> extends LoadOptions {
  readonly key: (...args: Args) => Key;
}

export interface ApplicationEvents {
  /** Maps an event to what it invalidates; several mappings of one event add up. Returns how to take it back. */
  on<Payload>(event: string, map: (payload: Payload) => Invalidation): () => void;
  /** Something happened: all that its mappings and the policies name is invalidated, as one {@link Cache.invalidate}. */
  emit(event: string, payload: unknown): Promise<void>;
}

export interface Dependencies {
  /** `key` is made of `sources`: when one of them is invalidated so is the key. Cycles do no harm. */
  add(key: Key, sources: readonly Key[]): void;
  remove(key: Key): void;
}

export interface SetEntry extends SetOptions {
  readonly key: Key;
  readonly value: unknown;
}

export interface CacheCounts {
  /** Reads that a tier answered. */
  readonly hits: number;
  /** Reads that no tier answered. */
  readonly misses: number;
  /** Keys that loaders were called for. */
  readonly loads: number;
  readonly loadErrors: number;
  /** Reads that were given an expired value, as `staleWhileRevalidate`, `staleIfError` or `softTimeout` allow. */
  readonly stale: number;
  /** Fills that were refused because the key was invalidated after its value began to be read. */
  readonly fenced: number;
  /** Entries of shared tiers whose signature was wrong: tampered with, or moved from another key. */
  readonly tampered: number;
  /** Hits in this process that were compared with the tier below (`sampleOneIn`). */
  readonly sampled: SampleCounts;
  /** By tier name. */
  readonly tiers: Readonly<Record<string, TierCounts>>;
  /** By policy name; keys without a policy are under `default`. */
  readonly policies: Readonly<Record<string, PolicyCounts>>;
}

export interface PolicyCounts {
  readonly hits: number;
  readonly misses: number;
  readonly loads: number;
  readonly loadErrors: number;
}

export interface SampleCounts {
  readonly compared: number;
  /** The tier below had another value. */
  readonly stale: number;
  /** The longest time since such a value was read or loaded, in milliseconds. */
  readonly worstAgeMs: number;
}
