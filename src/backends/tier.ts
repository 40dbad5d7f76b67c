import type { TierEntry, TierHit, TierKey } from './tier-entry.ts';
import type { FencedAccess } from './fenced.ts';

/**
 * The contract of a cache tier: a store of bytes under keys, with a time to live.
 *
 * What every implementation keeps (test/contract/tier-contract.ts holds each to it):
 * - Every call settles within the deadline the tier was created with, whatever the server does.
 *   It then rejects with `DEADLINE_EXCEEDED`, or `SERVER_UNREACHABLE` when the connection is known to be down.
 * - A missing or expired entry is `undefined`, never an error. An empty value is a value.
 * - A value is stored and returned byte for byte. The caller must not change bytes it handed over or received.
 * - A call after `close()` rejects with `CLOSED`. A second `close()` does nothing.
 * - No call and no lost connection raises an unhandled error event or rejection.
 */
export interface Tier {
  /** What the tier is called in metrics and reports: `l1`, `redis`, `memcached`, `database`. */
  readonly name: string;
  readonly capabilities: TierCapabilities;
  /** Synchronous access, where the entries are in this process. */
  readonly local?: LocalAccess;
  /** Reads and fills that an invalidation keeps apart, where several processes share the entries. */
  readonly fenced?: FencedAccess;
  get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined>;
  /** In the order of the keys; one round trip per server. */
  getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]>;
  /** Stores or overwrites. Without `ttlMs` the entry does not expire. A `ttlMs` of 0 or less deletes the entry. */
  set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void>;
  /** One round trip per server. When some entries fail the call rejects, the others are stored. */
  setMany(entries: readonly TierEntry[]): Promise<void>;
  /** True when there was an entry. */
  delete(key: TierKey): Promise<boolean>;
  /** Number of entries that were there; one round trip per server. */
  deleteMany(keys: readonly TierKey[]): Promise<number>;
  /**
   * Deletes every entry whose key begins with `prefix` and returns how many there were. Not bound by the
   * per-call deadline as a whole, but by it for each step.
   * @throws CachectlError `NOT_SUPPORTED` when `capabilities.enumerates` is false.
   */
  deletePrefix(prefix: string): Promise<number>;
  stats(): Promise<TierStats>;
  close(): Promise<void>;
}

export interface GetOptions {
  /** Also read the remaining time to live. It costs nothing or little, but some servers need a second command. */
  readonly withTtl?: boolean;
}

/** Where backends differ, and what each promises instead. */
export interface TierCapabilities {
  /**
   * Steps in which time to live is kept, in milliseconds: 1, or 1000 for Memcached. An entry never lives longer
   * than its TTL, except that a TTL shorter than one step lives up to one step; it may expire up to one step early.
   */
  readonly ttlResolutionMs: number;
  /**
   * Whether `withTtl` is answered. Where it is not, every hit looks as if it did not expire, and a copy of it
   * must be bound by the tier's own TTL.
   */
  readonly reportsTtl: boolean;
  /** Longest key in bytes; a longer one rejects with `KEY_TOO_LONG` and harms nothing. Infinity when unbounded. */
  readonly maxKeyBytes: number;
  /** Largest value in bytes; a larger one rejects with `VALUE_TOO_LARGE` and harms nothing. */
  readonly maxValueBytes: number;
  /** Whether the keys can be listed, and so deleted by prefix. */
  readonly enumerates: boolean;
  /** Whether entries are seen by other processes. */
  readonly shared: boolean;
  /** Whether entries survive a restart of the server. */
  readonly persistent: boolean;
}

/** What a tier tells about itself. A figure the backend cannot give is absent, never 0. */
export interface TierStats {
  readonly entries?: number;
  /** Memory that holds keys, values and their overhead, in bytes, as the store itself accounts for it. */
  readonly usedBytes?: number;
  /** The bound on `usedBytes`. */
  readonly limitBytes?: number;
  /** Entries dropped to make room since the store began. */
  readonly evictions?: number;
  /** Entries that ended by their TTL since the store began. */
  readonly expirations?: number;
}

/** The entries of a tier in this process, without promises: what makes a hit there cost nanoseconds. */
export interface LocalAccess {
  /** The same entries as far as their keys begin with `prefix`, known by the rest of their keys. */
  scope(prefix: string): LocalAccess;
  /**
   * The live entry, counted as used by the eviction policy; undefined when missing or expired.
   * @param nowMs what the clock says, when the caller has just looked
   */
  read(key: string, nowMs?: number): LocalSlot | undefined;
  /** False when the value alone is over the tier's bound: nothing is stored then, and an old entry is dropped. */
  write(key: string, value: Uint8Array, ttlMs?: number, memo?: unknown): boolean;
  drop(key: string): boolean;
}

export interface LocalSlot {
  readonly value: Uint8Array;
  /** Remaining time to live in milliseconds; undefined when it does not expire. */
  readonly ttlMs: number | undefined;
  /** Room for the reader: the decoded value, kept with the entry so that a hit need not decode again. */
  memo: unknown;
}
