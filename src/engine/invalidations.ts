import type { LedgerChange } from '../backends/ledger.ts';
import { conclude, type Draft } from './coherence/channel.ts';
import { stampOf } from './coherence/trust.ts';
import type { LoadPath } from './load-path.ts';
import type { TierFailure } from './options.ts';
import type { EngineParts } from './parts.ts';
import { Reading, type Timed, type Wanted } from './reading.ts';
import type { Recovery } from './recovery.ts';
import { isFailure, type TierSlot } from './tier-slot.ts';

/** What is to become invalid. */
export interface Doomed {
  readonly wanted: readonly Wanted[];
  readonly change: LedgerChange | undefined;
}

/** A tier, and the keys that something is to be done with in it. */
export interface Step {
  readonly slot: TierSlot;
  readonly readings: readonly Reading[];
}

/**
 * How tiers are told that entries are invalid: the farthest first, so that nobody who finds nothing in a nearer one
 * reads the old value from a farther one and fills it in again; the message to the other instances leaves with the last.
 */
export class Invalidations {
  readonly #parts: EngineParts;
  readonly #loads: LoadPath;
  readonly #recovery: Recovery;

  constructor(parts: EngineParts, loads: LoadPath, recovery: Recovery) {
    this.#parts = parts;
    this.#loads = loads;
    this.#recovery = recovery;
    recovery.begin({
      invalidate: (slot, keys) => this.#redo(slot, keys),
      advance: (change) => this.#advanceAgain(change),
    });
  }

  /** Makes invalid; the number of keys that were there, as the tier that had the most counts them. */
  async invalidate({ wanted, change }: Doomed): Promise<number> {
    this.voidReads(wanted);
    let removed = this.dropNear(wanted);
    const draft = this.draft(wanted, change);
    const steps = this.farthestFirst(wanted.map((one) => this.begin(one, 0)));
    let isSent = false;
    const failures: TierFailure[] = [];
    if (change !== undefined) {
      const isLast = steps.length === 0;
      isSent = await this.#advance(change, isLast ? draft : undefined, failures);
      this.#loads.abandonAll();
    }
    for (const [i, step] of steps.entries()) {
      const isLast = i === steps.length - 1;
      const outcome = await step.slot.invalidate(storedOf(step), isLast ? draft.notice : undefined);
      if (isFailure(outcome)) {
        this.mourn(step, outcome, failures);
      } else {
        removed = Math.max(removed, outcome.removed);
        if (isLast && outcome.audience !== undefined) isSent = await sent(conclude(draft, outcome), failures);
      }
    }
    this.voidReads(wanted);
    this.dropNear(wanted);
    if (!isSent) await sent(draft.publish(), failures);
    const { signals } = this.#parts;
    signals.emit('invalidated', { origin: 'local', keys: wanted.length, tags: change?.tags?.length ?? 0 });
    throwFirst(failures);
    return removed;
  }

  /** What reads of these keys have found until now is neither stored nor handed to later callers. */
  voidReads(wanted: readonly Wanted[]): void {
    for (const { key } of wanted) this.#parts.fence.invalidate(key);
    this.#loads.abandon(wanted.map(({ key }) => key));
  }

  /** The tier could not be told of these keys: it is told again, with those nearer than it, and not read until then. */
  mourn({ slot, readings }: Step, failure: TierFailure, failures: TierFailure[]): void {
    failures.push(failure);
    const { slots } = this.#parts;
    for (const [tier, nearer] of slots.slice(0, slots.indexOf(slot) + 1).entries()) {
      const held = readings.filter(({ wanted }) => wanted.route.shared.includes(tier));
      if (held.length === 0) continue;
      this.#recovery.add(nearer, new Map(held.map(({ stored, wanted }) => [stored, wanted.key])), tier);
    }
  }

  /** The message to the other instances. */
  draft(wanted: readonly Wanted[], change: LedgerChange | undefined): Draft {
    return this.#parts.channel.draft({
      keys: wanted.map(({ key }) => key),
      tags: change?.tags ?? [],
      page: change?.all === true || (change?.patterns?.length ?? 0) > 0,
    });
  }

  begin(wanted: Wanted, ticket: number, entry?: Timed): Reading {
    const { keys, channel, clock } = this.#parts;
    const stamp = stampOf(channel.trust, clock.nowMs());
    const reading = new Reading(wanted, keys.stored(wanted.key), ticket, stamp, true);
    reading.entry = entry;
    return reading;
  }

  /** What is to be done with these keys, by tier. */
  farthestFirst(readings: readonly Reading[]): Step[] {
    return this.#parts.slots
      .map((slot, tier) => ({
        slot,
        readings: readings.filter(({ wanted }) => wanted.route.shared.includes(tier)),
      }))
      .filter((step) => step.readings.length > 0)
      .toReversed();
  }

  /** Drops from the tiers in this process; how many were there. */
  dropNear(wanted: readonly Wanted[]): number {
    return wanted.filter(({ key }) => this.#parts.near.drop(key)).length;
  }

  async #advance(change: LedgerChange, draft: Draft | undefined, failures: TierFailure[]): Promise<boolean> {
    try {
      const advanced = await this.#parts.ledger.advance(change, draft?.notice);
      if (draft === undefined || advanced.audience === undefined) return false;
      return await sent(conclude(draft, advanced), failures);
    } catch (error) {
      this.#recovery.addChange(change);
      failures.push({ tier: 'ledger', operation: 'delete', error });
      return false;
    }
  }

  async #redo(slot: TierSlot, keys: readonly string[]): Promise<boolean> {
    const draft = this.#parts.channel.draft({ keys, tags: [], page: false });
    const stored = keys.map((key) => this.#parts.keys.stored(key));
    const outcome = await slot.invalidate(stored, draft.notice);
    if (isFailure(outcome)) {
      draft.failed();
      return false;
    }
    return sent(conclude(draft, outcome), []);
  }

  async #advanceAgain(change: LedgerChange): Promise<boolean> {
    const draft = this.draft([], change);
    try {
      await conclude(draft, await this.#parts.ledger.advance(change, draft.notice));
      return true;
    } catch {
      draft.failed();
      return false;
    }
  }
}

/** Waits until the message is sent; when it cannot be that is one more failure. True, so that it is not sent again. */
export async function sent(sending: Promise<void>, failures: TierFailure[]): Promise<boolean> {
  try {
    await sending;
  } catch (error) {
    failures.push({ tier: 'bus', operation: 'delete', error });
  }
  return true;
}

export function storedOf({ readings }: Step): string[] {
  return readings.map(({ stored }) => stored);
}

export function throwFirst(failures: readonly TierFailure[]): void {
  const [first] = failures;
  if (first !== undefined) throw first.error;
}
