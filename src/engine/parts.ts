import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Channel } from './coherence/channel.ts';
import type { Emitter } from './emitter.ts';
import type { EntryFormat } from './entry.ts';
import type { Fence } from './fence.ts';
import type { EntrySeal } from './integrity.ts';
import type { KeySpace } from './keys.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Near } from './near.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Values } from './values.ts';

/** What the paths of reading and writing have in common. */
export interface EngineParts {
  readonly slots: readonly TierSlot[];
  readonly format: EntryFormat;
  readonly integrity: EntrySeal | undefined;
  readonly values: Values;
  readonly keys: KeySpace;
  readonly fence: Fence;
  readonly near: Near;
  readonly ledger: LedgerView;
  readonly channel: Channel;
  readonly signals: Emitter;
  readonly lease: { readonly ttlMs: number; readonly waitMs: number };
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the cache is closed. */
  readonly closing: AbortSignal;
  /** Counts that no tier keeps. */
  readonly counts: EngineCounts;
}

export interface EngineCounts {
  hits: number;
  misses: number;
  loads: number;
  loadErrors: number;
  stale: number;
  fenced: number;
  tampered: number;
}
