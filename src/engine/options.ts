import { CachectlError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import { parseDuration } from '../base/units.ts';
import type { Random } from '../base/random.ts';
import type { Backend } from '../backends/backend.ts';
import type { Bus } from '../backends/bus.ts';
import type { Ledger } from '../backends/ledger.ts';
import type { Tier } from '../backends/tier.ts';
import type { Codec } from './codec.ts';

/** Milliseconds, or text with a unit: `'250ms'`, `'15m'`, `'1h30m'`. */
export type Duration = number | string;

export interface CacheOptions {
  /** First part of every stored key. Caches that share servers are kept apart by it. Not empty, without `:`. */
  readonly namespace: string;
  /** From the nearest to the farthest. A backend stands for its tier, and also lends its bus and ledger. */
  readonly tiers: readonly (Backend | Tier | TierSpec)[];
  /** How kinds of data are cached, by name. A key goes by the policy whose pattern it matches. */
  readonly policies?: Readonly<Record<string, Policy>>;
  /** What holds for keys without a policy of their own, and for policies where they say nothing. */
  readonly defaults?: Freshness;
  /** How the instances of an application keep together. Default: as the backends among `tiers` allow. */
  readonly coherence?: CoherenceOptions;
  /** How loads are shared between processes. */
  readonly lease?: LeaseOptions;
  /** Signs the entries of shared tiers. Default: not signed. */
  readonly integrity?: IntegrityOptions;
  /** How values become bytes. Default {@link jsonCodec}; a `Uint8Array` is always stored as it is. */
  readonly codec?: Codec;
  /** Encoded values of at least this many bytes are compressed in shared tiers. Default: never. */
  readonly compressAboveBytes?: number;
  /** What a hit in this process hands out. Default `frozen`. */
  readonly localValues?: LocalValues;
  /** Hears of each failure of a tier that a read got over. It must not throw. */
  readonly onTierError?: (failure: TierFailure) => void;
  /** Name of this instance in messages to others; must differ from theirs. Default: random. */
  readonly instance?: string;
  /**
   * `declared`: after a read the followers that its policy names are loaded ahead. `learned`: also keys that were
   * often read next before. Default `declared`.
   */
  readonly prefetch?: 'declared' | 'learned';
  /** One in so many hits in this process is compared with the tier below, off the path. Default 0: none. */
  readonly sampleOneIn?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * `frozen`: one object for all callers, deeply frozen, the fastest safe choice. `copied`: a fresh object for
 * each caller. `shared`: one object for all, not frozen: a caller that changes it changes the cache. A
 * `Uint8Array` cannot be frozen and is always shared.
 */
export type LocalValues = 'frozen' | 'copied' | 'shared';

/** A tier and how this cache uses it. */
export interface TierSpec {
  readonly tier: Backend | Tier;
  /** Longest time an entry stays in this tier. Default: as long as the entry lives. */
  readonly ttl?: Duration;
  /** Bound on each call, where it is to be shorter than the tier's own. */
  readonly deadline?: Duration;
  /** When calls fail in a row, the tier is left out for a while. Default: 5 failures, 1 s. */
  readonly breaker?: BreakerOptions;
}

export interface BreakerOptions {
  /** Failures in a row that open it. Default 5; Infinity: never. */
  readonly failures?: number;
  /** Time until a call in the background sees whether the tier is back. Default 250 ms. */
  readonly probeAfter?: Duration;
}

/**
 * What other instances may still serve from their memory after an invalidation was acknowledged:
 *
 * - `bounded`: the call returns when the shared tiers have it and the message is sent, or kept until it can be. The
 *   others hear within milliseconds. An instance that is cut off or stalled stops using its memory within `bound`;
 *   behind an instance whose own messages do not get out, the others may be behind until they do.
 * - `partition-safe`: the call rejects unless the message was sent, so that nobody is behind by more than `bound`,
 *   whatever fails.
 * - `strict`: the call returns when every live instance has acknowledged, or may not use its memory any more.
 */
export type CoherenceLevel = 'bounded' | 'partition-safe' | 'strict';

export interface CoherenceOptions {
  /** Default `bounded`. */
  readonly level?: CoherenceLevel;
  /** Default: the bus of the nearest tier's backend that has one; `none`: instances do not talk. */
  readonly bus?: Bus | 'none';
  /** Default: the ledger of the nearest shared tier's backend that has one. */
  readonly ledger?: Ledger;
  /** How far behind memory may be in the worst case. Default 1 s. */
  readonly bound?: Duration;
}

export interface LeaseOptions {
  /** How long a lease lasts without a sign of life; renewed three times as often. Default 3 s. */
  readonly ttl?: Duration;
  /** How long a caller waits for another process' load before it loads itself. Default 10 s. */
  readonly wait?: Duration;
}

/**
 * A new key is brought in in three steps, each in all instances before the next: added to `keys`, made the one that
 * signs, the old one taken out. Turning signing on or off makes all entries that are there misses.
 */
export interface IntegrityOptions {
  /** Secrets by number (0 to 255), each at least 16 bytes. All are accepted. */
  readonly keys: Readonly<Record<number, string | Uint8Array>>;
  /** Number of the key that signs. */
  readonly sign: number;
}

/** How long values are good, and what happens when they no longer are. */
export interface Freshness {
  /** Lifetimes are shortened by a random part of up to this share (0 to 1), so that they do not end together. Default 0. */
  readonly jitter?: number;
  /**
   * Chance of a refresh ahead of expiry, in the background, growing towards it (XFetch; Vattani, Chierichetti
   * and Lowenstein, VLDB 2015): 1 is usual, higher is earlier, 0 is never. Default 0.
   */
  readonly earlyRefresh?: number;
  /** After expiry the old value is served for this long while one refresh runs in the background. Default 0. */
  readonly staleWhileRevalidate?: Duration;
  /** After expiry the old value is served for this long when loading fails or takes longer than `softTimeout`. Default 0. */
  readonly staleIfError?: Duration;
  /** How long an old value is served after a failed refresh before the next attempt. Default 1 s. */
  readonly throttle?: Duration;
  /** How long callers in all processes are given the error of a failed load before the next attempt. Default 1 s; 0: each tries. */
  readonly failureBackoff?: Duration;
  /** When loading takes longer and there is an old value, callers get that; the load goes on. Default: none. */
  readonly softTimeout?: Duration;
  /** When loading takes longer it is aborted and fails. Default 30 s. */
  readonly hardTimeout?: Duration;
  /** Lifetime of `null`. Default: as any value's. */
  readonly negativeTtl?: Duration;
}

/** How one kind of data is cached. */
export interface Policy extends Freshness {
  /** Pattern of its keys: `customer:360:{customer_id}`; a parameter matches one part between colons. */
  readonly key: string;
  /** Names of the tiers it uses, out of the cache's. Default: all that suit `shape`. */
  readonly tiers?: readonly string[];
  /** `structured` values go to Redis, `simple` ones to Memcached, where the cache has both. Default: to both. */
  readonly shape?: 'structured' | 'simple';
  /**
   * Time an entry lives, in all tiers or by tier name, in place of what the tiers say; a tier in this process
   * that is not named keeps it no longer than its own TTL. Default: as the tiers say.
   */
  readonly ttl?: Duration | Readonly<Record<string, Duration>>;
  /** Each read starts the time to live again. */
  readonly sliding?: boolean;
  /** What {@link Cache.write} does. Default `write-through`. */
  readonly strategy?: WriteStrategy;
  /** Tags of every entry, with the parameters of `key`: `customer:{customer_id}`. */
  readonly tags?: readonly string[];
  /** Application events that invalidate the keys their payload names: each needs the key's parameters as fields. */
  readonly on?: readonly string[];
  /** Keys likely to be read after one of these, with the parameters of `key`: `reviews:{product_id}`. They are loaded ahead by the `load` of their own policy. */
  readonly followers?: readonly string[];
  /** How a key of this policy is loaded ahead, when nobody is there who brings a loader. */
  readonly load?: Loader<unknown>;
}

/**
 * - `write-through`: data first, then the cache has the new value.
 * - `write-around`: data first, then the cache has no value.
 * - `write-behind`: cache and durable queue first; a worker changes the data.
 */
export type WriteStrategy = 'write-through' | 'write-around' | 'write-behind';

export interface SetOptions {
  /** Time this entry lives. A tier with a shorter one keeps it for less. */
  readonly ttl?: Duration;
  /** Tags of this entry, besides its policy's. */
  readonly tags?: readonly string[];
}

export interface LoadOptions extends SetOptions, Freshness {
  /** Also told to the loader; when it aborts, this caller stops waiting, the load goes on for others. */
  readonly signal?: AbortSignal;
}

/** Loads the value of a key from where it really lives. `undefined` is handed out but not stored. */
export type Loader<T> = (context: LoadContext) => Promise<T> | T;

export interface LoadContext {
  readonly key: string;
  /** Aborts at the hard timeout, and when the cache is closed. */
  readonly signal: AbortSignal;
  /** The value that expired, when there is one. */
  readonly stale: unknown;
  /** The value is handed out and not stored. */
  skip(): void;
  /** Lifetime of this value, in place of what was to be. */
  setTtl(ttl: Duration): void;
  /** Tags this value besides those it has. */
  addTags(...tags: readonly string[]): void;
}

/** Loads many at once; `keys` are as the caller gave them, parts joined, and the answer has their order. */
export type BulkLoader<T> = (
  keys: readonly string[],
  context: { readonly signal: AbortSignal },
) => Promise<readonly T[]> | readonly T[];

export interface TierFailure {
  readonly tier: string;
  readonly operation: 'get' | 'set' | 'delete' | 'decode' | 'lease';
  readonly error: unknown;
}

/** @throws CachectlError `BAD_USAGE` when it is no duration, or negative */
export function durationMs(duration: Duration, name: string): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  if (ms !== undefined && ms >= 0) return ms;
  throw new CachectlError('BAD_USAGE', `${name}: ${JSON.stringify(duration)} is not a duration`, {
    hint: "give milliseconds, or text with a unit such as '250ms', '15m' or '1h'",
  });
}
