import type { TierStats } from '../backends/tier.ts';
import type { BulkLoader, Loader, LoadOptions, SetOptions } from './options.ts';
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

  setMany(entries: readonly SetEntry[]): Promise<void>;

  /** Number of keys that were there, as the tier that had the most counts them. */
  deleteMany(keys: readonly Key[]): Promise<number>;

  /** Counts since the cache was created. */
  counts(): CacheCounts;

  /** What each tier tells about itself, by name; a tier that fails is left out. */
  tierStats(): Promise<Readonly<Record<string, TierStats>>>;

  /** Aborts loads, waits for fills, and closes the tiers. */
  close(): Promise<void>;
}

export interface Resolved<T> {
  readonly value: T | undefined;
  /** Name of the tier that had it, or `loader`; undefined when nobody had it. */
  readonly source: string | undefined;
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
  /** By tier name. */
  readonly tiers: Readonly<Record<string, TierCounts>>;
}
