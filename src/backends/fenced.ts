import type { Audience, Notice } from './bus.ts';
import type { TierEntry, TierHit } from './tier-entry.ts';

/**
 * The contract of a shared tier in which what is invalidated stays invalid: a fill is made under a lease that
 * was granted before its value was read, and whatever changes the key in between voids the lease.
 *
 * What every implementation keeps (test/contract/fenced-contract.ts):
 * - At most one lease on a key is held at a time. It ends by itself, on the server's own clock.
 * - `fill` stores only while the lease is held by its token, and ends it, in one atomic step on the server.
 * - `store`, `invalidate`, `claim` and `settle` end any lease and note of failure of the key, in the same step that
 *   changes the entry.
 *   Once they resolved, no token granted before them fills anything.
 * - A lease that is lost (evicted, flushed, server restarted) is void.
 * - No order is taken from clocks of different hosts.
 * - Leases and notes of failure are no entries: `get` of the tier does not show them.
 * - A notice is published once, and no sooner than the whole change is made; without keys there is no change, and
 *   nothing is published.
 * - Calls settle within the tier's deadline, as all of {@link Tier} do.
 *
 * Keys are texts that any backend takes: at most 250 bytes, no spaces or control characters, no braces.
 */
export interface FencedAccess {
  /**
   * The entry, with the time it has left; where there is none, a lease to fill it. One round trip; where the time may be
   * left out, a backend that finds entries cheaper than it grants leases may take a second one for what is not there.
   */
  fetch(key: string, leaseMs: number, options?: FetchOptions): Promise<Fetched>;
  /** In the order of the keys, which differ; round trips as of {@link fetch}, to each server. */
  fetchMany(keys: readonly string[], leaseMs: number, options?: FetchOptions): Promise<Fetched[]>;
  /** A lease although there may be an entry (to refresh it); the entry stays. Never `hit`. */
  acquire(key: string, leaseMs: number): Promise<Lease>;
  /** In the order of the entries: whether each lease was still held and the entry therefore stored. One round trip a server. */
  fill(entries: readonly LeasedEntry[]): Promise<boolean[]>;
  /**
   * Whether the lease was still held and now is for `leaseMs` from now. Where the server hands out a new token
   * with each renewal, that is the answer.
   */
  renew(key: string, token: string, leaseMs: number): Promise<string | undefined>;
  /**
   * Gives up leases that are still held; what is not held is left alone. With `failure`, who asks for one of the
   * keys until the time is over is told of it instead of being granted a lease.
   */
  release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void>;
  /** Drops entries, leases and notes of failure. One round trip a server. */
  invalidate(keys: readonly string[], notice?: Notice): Promise<Invalidated>;
  /** Stores unconditionally. A `ttlMs` of 0 or less invalidates. When some fail the call rejects. One round trip a server. */
  store(entries: readonly TierEntry[], notice?: Notice): Promise<Announced>;
  /** Drops the entries and takes the leases from whoever has them, for a change of the data that is under way. */
  claim(keys: readonly string[], leaseMs: number): Promise<HeldLease[]>;
  /**
   * Ends a claim. Where the lease is still held the entry is stored; where somebody else has interfered, entry and
   * lease are dropped, whoever's they are. In the order of the entries: whether stored.
   */
  settle(entries: readonly LeasedEntry[], notice?: Notice): Promise<Settled>;
}

export interface FetchOptions {
  /** False: a hit may leave out the time, and then looks as if it did not expire. Default true. */
  readonly withTtl?: boolean;
}

export type Fetched = { readonly state: 'hit'; readonly hit: TierHit } | Lease;

export type Lease =
  | { readonly state: 'granted'; readonly token: string }
  /** Somebody else has it. */
  | { readonly state: 'held' }
  /** The last load failed, and nobody is to try for so long. */
  | { readonly state: 'failed'; readonly message: string; readonly forMs: number };

export interface HeldLease {
  readonly key: string;
  readonly token: string;
}

export interface LeasedEntry extends HeldLease {
  readonly value: Uint8Array;
  /** At 0 or less the lease ends and no entry is left. */
  readonly ttlMs?: number | undefined;
}

export interface FailureNote {
  /** At most 200 characters, without secrets. */
  readonly message: string;
  readonly forMs: number;
}

export interface Announced {
  /** Set when the notice was published in the same step, by who listened then; undefined when its bus is elsewhere. */
  readonly audience: Audience | undefined;
}

export interface Invalidated extends Announced {
  /** Entries that were there. */
  readonly removed: number;
}

export interface Settled extends Announced {
  readonly stored: readonly boolean[];
}
