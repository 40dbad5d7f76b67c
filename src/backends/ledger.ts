import type { Audience, Notice } from './bus.ts';

/**
 * The contract of a ledger: what is known of a namespace's invalidations that name no keys, kept by one server.
 *
 * Each such invalidation has a number, one higher than the last. An entry carries the ledger's incarnation and
 * the number that was reached when its value began to be read (its epoch). It is valid while the incarnation is
 * the ledger's, and no tag of it, no pattern that its key matches and no floor has a higher number. So one number
 * in an entry stands for all of its tags, and a number that is too low is safe: it only makes an entry invalid.
 *
 * What every implementation keeps (test/contract/ledger-contract.ts):
 * - Changes are atomic, and their numbers ascend.
 * - Whatever is missing is made anew, and makes older entries invalid: a missing ledger gets a random incarnation
 *   (all entries), a missing tag the number that is reached (all entries with that tag that were read before).
 * - `advance({ all: true })` gives a new incarnation.
 * - At most {@link MAX_PATTERNS} patterns are kept; the number of the one that falls off becomes the floor.
 *   One that is there already gets the new number, and becomes the youngest.
 */
export interface Ledger {
  /** One round trip. */
  read(tags: readonly string[]): Promise<LedgerPage>;
  /** Makes all of the change under one new number, and publishes the notice with it where the bus is on the same server. One round trip. */
  advance(change: LedgerChange, notice?: Notice): Promise<LedgerAdvance>;
}

export const MAX_PATTERNS = 64;

export interface LedgerPage {
  /** Random, 16 hexadecimal digits. */
  readonly incarnation: string;
  /** The number that is reached. */
  readonly epoch: number;
  /** Entries with a lower epoch are invalid. */
  readonly floor: number;
  /** Oldest first. */
  readonly patterns: readonly LedgerPattern[];
  /** Number of the last invalidation of each tag that was asked for, in that order. */
  readonly tags: readonly number[];
}

export interface LedgerPattern {
  readonly pattern: string;
  readonly epoch: number;
}

export interface LedgerChange {
  /** Their pages' numbers come with the answer, in this order. */
  readonly tags?: readonly string[];
  readonly patterns?: readonly string[];
  /** Everything. */
  readonly all?: boolean;
}

export interface LedgerAdvance {
  readonly page: LedgerPage;
  /** As in {@link Announced}. */
  readonly audience: Audience | undefined;
}
