import { CachectlError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import { parseDuration } from '../base/units.ts';
import type { Tier } from '../backends/tier.ts';
import type { Codec } from './codec.ts';

/** Milliseconds, or text with a unit: `'250ms'`, `'15m'`, `'1h30m'`. */
export type Duration = number | string;

export interface CacheOptions {
  /** First part of every stored key. Caches that share servers are kept apart by it. Not empty, without `:`. */
  readonly namespace: string;
  /** From the nearest to the farthest. */
  readonly tiers: readonly (Tier | TierSpec)[];
  /** How kinds of data are cached, by name. A key goes by the policy whose pattern it matches. */
  readonly policies?: Readonly<Record<string, Policy>>;
  /** How values become bytes. Default {@link jsonCodec}; a `Uint8Array` is always stored as it is. */
  readonly codec?: Codec;
  /** Encoded values of at least this many bytes are compressed in shared tiers. Default: never. */
  readonly compressAboveBytes?: number;
  /** What a hit in this process hands out. Default `frozen`. */
  readonly localValues?: LocalValues;
  /** Hears of each failure of a tier that a read got over. It must not throw. */
  readonly onTierError?: (failure: TierFailure) => void;
  readonly clock?: Clock;
}

/**
 * `frozen`: one object for all callers, deeply frozen, the fastest safe choice. `copied`: a fresh object for
 * each caller. `shared`: one object for all, not frozen: a caller that changes it changes the cache. A
 * `Uint8Array` cannot be frozen and is always shared.
 */
export type LocalValues = 'frozen' | 'copied' | 'shared';

/** A tier and how this cache uses it. */
export interface TierSpec {
  readonly tier: Tier;
  /** Longest time an entry stays in this tier. Default: as long as the entry lives. */
  readonly ttl?: Duration;
  /** Bound on each call, where it is to be shorter than the tier's own. */
  readonly deadline?: Duration;
}

/** How one kind of data is cached. */
export interface Policy {
  /** Pattern of its keys: `customer:360:{customer_id}`; a parameter matches one part between colons. */
  readonly key: string;
  /** Names of the tiers it uses, out of the cache's. Default: all. */
  readonly tiers?: readonly string[];
  /**
   * Time an entry lives, in all tiers or by tier name, in place of what the tiers say; a tier in this process
   * that is not named keeps it no longer than its own TTL. Default: as the tiers say.
   */
  readonly ttl?: Duration | Readonly<Record<string, Duration>>;
}

export interface SetOptions {
  /** Time this entry lives. A tier with a shorter one keeps it for less. */
  readonly ttl?: Duration;
}

export interface LoadOptions extends SetOptions {
  /** Also told to the loader; when it aborts, this caller stops waiting, the load goes on for others. */
  readonly signal?: AbortSignal;
}

/** Loads the value of a key from where it really lives. `undefined` is handed out but not stored. */
export type Loader<T> = (context: LoadContext) => Promise<T> | T;

export interface LoadContext {
  readonly key: string;
  /** Aborts when the cache is closed. */
  readonly signal: AbortSignal;
}

/** Loads many at once; `keys` are as the caller gave them, parts joined, and the answer has their order. */
export type BulkLoader<T> = (
  keys: readonly string[],
  context: { readonly signal: AbortSignal },
) => Promise<readonly T[]> | readonly T[];

export interface TierFailure {
  readonly tier: string;
  readonly operation: 'get' | 'set' | 'delete' | 'decode';
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
