import type { CachectlError } from '../base/errors.ts';
import type { TrustStamp } from './coherence/trust.ts';
import type { FreshnessMs } from './freshness.ts';
import type { Held } from './near.ts';
import type { Route } from './policies.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Found } from './values.ts';

/** A key on its way through the tiers. */
export interface Wanted {
  /** As the caller wrote it, parts joined. */
  readonly key: string;
  readonly route: Route;
}

/** The right to fill one tier. */
export interface TierLease {
  readonly slot: TierSlot;
  readonly tier: number;
  /** Changes when it is renewed. */
  token: string;
}

/** An entry with its times on this process' monotonic clock. */
export interface Timed {
  readonly found: Found;
  /** Name of the tier that had it. */
  readonly source: string;
  readonly freshUntilMs: number;
  /** Until when it is there at all. */
  readonly keptUntilMs: number;
}

/**
 * - `open`: nobody has it, as far as it was looked for.
 * - `found`: a tier has it, and it is fresh.
 * - `held`: another process loads it.
 * - `failed`: loading it failed a short time ago.
 */
export type ReadingState = 'open' | 'found' | 'held' | 'failed';

/** One look for one key: what it began with, and what it came to. */
export class Reading {
  readonly wanted: Wanted;
  /** As servers know the key. */
  readonly stored: string;
  readonly ticket: number;
  /** When it began. */
  readonly begunMs: number;
  /** From before anything was read of what it came to: what a tier gave is no younger than what it was judged by. */
  stamp: TrustStamp;
  /** Whether anybody asks when the entry expires: who only wants what is there, and keeps nothing of it, does not. */
  readonly wantsTime: boolean;
  state: ReadingState = 'open';
  entry: Timed | undefined;
  /** A valid entry that has expired. */
  stale: Timed | undefined;
  /** The tier in this process had it. */
  held: Held | undefined;
  failure: CachectlError | undefined;
  /** Tiers that this look may fill. */
  leases: TierLease[] = [];

  constructor(wanted: Wanted, stored: string, ticket: number, stamp: TrustStamp, wantsTime: boolean) {
    this.wanted = wanted;
    this.stored = stored;
    this.ticket = ticket;
    this.begunMs = stamp.atMs;
    this.stamp = stamp;
    this.wantsTime = wantsTime;
  }
}

/** Whether anything is to be done with the time an entry has left, besides filling other shared tiers. */
export function usesTime(route: Route, { earlyRefresh, revalidateMs, ifErrorMs }: FreshnessMs): boolean {
  return (
    route.near !== undefined ||
    route.slidingMs !== undefined ||
    earlyRefresh > 0 ||
    revalidateMs > 0 ||
    ifErrorMs > 0
  );
}
