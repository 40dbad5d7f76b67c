import { conclude, type Draft } from './coherence/channel.ts';
import type { FillPath } from './fill-path.ts';
import { type Invalidations, sent, type Step, storedOf, throwFirst } from './invalidations.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { TierFailure } from './options.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, Timed, Wanted } from './reading.ts';
import { isFailure, type TierSlot } from './tier-slot.ts';

export interface NewEntry {
  readonly wanted: Wanted;
  readonly entry: Timed;
}

/**
 * How new values get into the tiers when somebody hands them over. With one shared tier that is one call. With
 * several, their leases are claimed first, so that of two who write at once not each wins in another tier.
 */
export class WritePath {
  readonly #parts: EngineParts;
  readonly #fills: FillPath;
  readonly #invalidations: Invalidations;
  readonly #keeper: LeaseKeeper;

  constructor(parts: EngineParts, fills: FillPath, invalidations: Invalidations) {
    this.#parts = parts;
    this.#fills = fills;
    this.#invalidations = invalidations;
    this.#keeper = new LeaseKeeper(parts.lease.ttlMs, parts.clock);
  }

  /** Stores in every tier. @throws the first failure: that tier may still serve the old value */
  async store(entries: readonly NewEntry[]): Promise<void> {
    const { fence } = this.#parts;
    const wanted = entries.map((one) => one.wanted);
    this.#invalidations.voidReads(wanted);
    const ticket = fence.enter();
    try {
      const readings = entries.map((one) => this.#invalidations.begin(one.wanted, ticket, one.entry));
      const draft = this.#invalidations.draft(wanted, undefined);
      const isSimple = wanted.every(({ route }) => route.shared.length <= 1);
      const work = isSimple
        ? this.#storeOnce(readings, draft)
        : this.#claim(readings).then((failures) => this.#settle(readings, draft, failures));
      const failures = await work;
      this.#end(readings, failures);
      throwFirst(failures);
    } finally {
      fence.leave();
    }
  }

  /**
   * Changes the data by `save` while nobody can fill these keys, and then stores what `after` makes of it, or nothing.
   * @throws what `save` throws; the keys are invalid then
   */
  async change<R>(
    wanted: readonly Wanted[],
    save: () => Promise<R> | R,
    after: ((result: R) => Promise<readonly Timed[]>) | undefined,
  ): Promise<R> {
    const { fence } = this.#parts;
    this.#invalidations.voidReads(wanted);
    const ticket = fence.enter();
    try {
      const readings = wanted.map((one) => this.#invalidations.begin(one, ticket));
      const failures = await this.#claim(readings);
      this.#keeper.keep(readings);
      let result: R;
      try {
        result = await save();
      } catch (error) {
        this.#keeper.drop(readings);
        await this.#invalidations.invalidate({ wanted, change: undefined }).catch(() => {});
        throw error;
      }
      this.#keeper.drop(readings);
      if (after === undefined) {
        await this.#invalidations.invalidate({ wanted, change: undefined });
        return result;
      }
      for (const [i, entry] of (await after(result)).entries()) {
        const reading = readings[i];
        if (reading !== undefined) reading.entry = entry;
      }
      const all = await this.#settle(readings, this.#invalidations.draft(wanted, undefined), failures);
      this.#end(readings, all);
      throwFirst(all);
      return result;
    } finally {
      fence.leave();
    }
  }

  close(): void {
    this.#keeper.close();
  }

  get pending(): number {
    return this.#keeper.size;
  }

  /** Where no route has more than one shared tier, one call of each is all there is to do. */
  async #storeOnce(readings: readonly Reading[], draft: Draft): Promise<TierFailure[]> {
    const steps = this.#invalidations.farthestFirst(readings);
    const failures: TierFailure[] = [];
    let isSent = false;
    for (const step of steps) {
      const values = await this.#values(step);
      const outcome = await step.slot.store(values, steps.length === 1 ? draft.notice : undefined);
      if (isFailure(outcome)) this.#invalidations.mourn(step, outcome, failures);
      else if (outcome.audience !== undefined) isSent = await sent(conclude(draft, outcome), failures);
    }
    if (!isSent) await sent(draft.publish(), failures);
    return failures;
  }

  /** Takes the leases of all shared tiers; the tiers that could not be reached are among the failures. */
  async #claim(readings: readonly Reading[]): Promise<TierFailure[]> {
    const failures: TierFailure[] = [];
    for (const step of this.#invalidations.farthestFirst(readings)) {
      const outcome = await step.slot.claim(storedOf(step), this.#parts.lease.ttlMs);
      if (isFailure(outcome)) {
        this.#invalidations.mourn(step, outcome, failures);
        continue;
      }
      for (const [i, reading] of step.readings.entries()) {
        const token = outcome[i]?.token;
        if (token !== undefined)
          reading.leases.push({ slot: step.slot, tier: this.#tierOf(step.slot), token });
      }
    }
    return failures;
  }

  async #settle(readings: readonly Reading[], draft: Draft, failures: TierFailure[]): Promise<TierFailure[]> {
    let isSent = false;
    const steps = this.#invalidations.farthestFirst(readings);
    for (const [i, step] of steps.entries()) {
      const isLast = i === steps.length - 1;
      const claimed = step.readings.filter((reading) => leaseIn(reading, step.slot) !== undefined);
      if (claimed.length === 0) continue;
      const values = await this.#values({ slot: step.slot, readings: claimed });
      const leased = values.map((value, place) => ({
        ...value,
        token: leaseIn(claimed[place] as Reading, step.slot) ?? '',
      }));
      const outcome = await step.slot.settle(leased, isLast ? draft.notice : undefined);
      if (isFailure(outcome)) {
        this.#invalidations.mourn(step, outcome, failures);
        continue;
      }
      for (const [place, stored] of outcome.stored.entries()) {
        const reading = claimed[place];
        if (!stored && reading !== undefined) this.#parts.fence.invalidate(reading.wanted.key);
      }
      if (isLast && outcome.audience !== undefined) isSent = await sent(conclude(draft, outcome), failures);
    }
    if (!isSent) await sent(draft.publish(), failures);
    return failures;
  }

  /** The tier in this process has the new value only when all others have it and nobody interfered. */
  #end(readings: readonly Reading[], failures: readonly TierFailure[]): void {
    for (const reading of readings) {
      const { wanted, ticket, entry } = reading;
      const isOurs = failures.length === 0 && this.#parts.fence.holds(wanted.key, ticket);
      if (isOurs && entry !== undefined) this.#fills.keepNear(reading, entry, wanted.route.freshness);
      else this.#invalidations.dropNear([wanted]);
    }
    this.#invalidations.voidReads(readings.map(({ wanted }) => wanted));
  }

  async #values({ slot, readings }: Step): Promise<{ key: string; value: Uint8Array; ttlMs?: number }[]> {
    const tier = this.#tierOf(slot);
    return Promise.all(
      readings.map(async (reading) => {
        const entry = reading.entry as Timed;
        const ttlMs = this.#fills.ttlIn(tier, { reading, entry }, reading.wanted.route.freshness);
        const value = await this.#fills.sealed({ reading, entry });
        return { key: reading.stored, value, ...(ttlMs === Infinity ? {} : { ttlMs }) };
      }),
    );
  }

  #tierOf(slot: TierSlot): number {
    return this.#parts.slots.indexOf(slot);
  }
}

function leaseIn({ leases }: Reading, slot: TierSlot): string | undefined {
  return leases.find((lease) => lease.slot === slot)?.token;
}
