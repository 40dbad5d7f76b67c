import { CachectlError } from '../base/errors.ts';
import type { Fetched, Lease } from '../backends/fenced.ts';
import type { TierHit } from '../backends/tier-entry.ts';
import { stampOf } from './coherence/trust.ts';
import type { FillPath } from './fill-path.ts';
import type { FreshnessMs } from './freshness.ts';
import { Hits } from './hits.ts';
import type { EngineParts } from './parts.ts';
import { Reading, type Timed, usesTime, type Wanted } from './reading.ts';
import type { Recovery } from './recovery.ts';
import type { TierSlot } from './tier-slot.ts';

/** `look`: the value if there is one. `load`: who finds nothing is going to load it, and wants the leases for that. */
export type ReadPurpose = 'look' | 'load';

/** A look into one tier. */
interface Look {
  readonly tier: number;
  readonly slot: TierSlot;
  readonly purpose: ReadPurpose;
  /** Whether the tier was asked for the time that is left. */
  readonly withTtl: boolean;
}

/**
 * How entries are found: nearest tier first, until one has it. The tiers above it are then filled, for no
 * longer than the entry has left there, and under leases granted before the entry was read. A tier that fails is passed over.
 */
export class ReadPath {
  readonly #parts: EngineParts;
  readonly #fills: FillPath;
  readonly #recovery: Recovery;
  readonly #hits: Hits;

  constructor(parts: EngineParts, fills: FillPath, recovery: Recovery) {
    this.#parts = parts;
    this.#fills = fills;
    this.#recovery = recovery;
    this.#hits = new Hits(parts);
  }

  /**
   * Begins to read. Whoever calls it has entered the fence, and leaves it when the reading has ended.
   * @param freshness what the caller asks for in place of the route's
   */
  begin(wanted: Wanted, ticket: number, freshness?: FreshnessMs): Reading {
    const { keys, channel, clock } = this.#parts;
    const { route, key } = wanted;
    const wantsTime = usesTime(route, freshness ?? route.freshness);
    return new Reading(wanted, keys.stored(key), ticket, stampOf(channel.trust, clock.nowMs()), wantsTime);
  }

  /** Looks for one key, with one call a tier that others who look at the same time may share. */
  async lookOne(reading: Reading, purpose: ReadPurpose): Promise<void> {
    const { near, slots } = this.#parts;
    const { wanted, stored } = reading;
    const { route, key } = wanted;
    if (near.holds(route, key)) await this.#lookNear(reading);
    else near.count(route, false);
    for (const tier of route.shared) {
      if (reading.state !== 'open') break;
      const slot = slots[tier];
      if (slot === undefined || this.#recovery.shuns(slot, stored)) continue;
      const look: Look = { tier, slot, purpose, withTtl: needsTime(reading, tier) };
      if (wantsLease(reading, look)) {
        const fetched = await slot.fetchOne(stored, look.withTtl);
        const later = fetched === undefined ? undefined : this.#onFetched(reading, look, fetched);
        if (later !== undefined) await later;
      } else {
        const hit = await slot.readOne(stored, look.withTtl);
        const later = hit === undefined ? undefined : this.#onHit(reading, look, hit);
        if (later !== undefined) await later;
      }
    }
    this.#conclude(reading, purpose);
  }

  /** Looks for all of them, with one call a tier. */
  async look(readings: readonly Reading[], purpose: ReadPurpose): Promise<void> {
    const [only] = readings;
    if (only !== undefined && readings.length === 1) return this.lookOne(only, purpose);
    for (const reading of readings) {
      const { route, key } = reading.wanted;
      if (this.#parts.near.holds(route, key)) await this.#lookNear(reading);
      else this.#parts.near.count(route, false);
    }
    for (const [tier, slot] of this.#parts.slots.entries()) {
      const open = readings.filter(
        (reading) => isFor(reading, tier) && !this.#recovery.shuns(slot, reading.stored),
      );
      if (open.length > 0) await this.#lookInto(tier, slot, open, purpose);
    }
    for (const reading of readings) this.#conclude(reading, purpose);
  }

  /** Leases for an entry that is there, to refresh it; false when another process has them or loading failed just now. */
  async acquire(reading: Reading): Promise<boolean> {
    const { slots, lease } = this.#parts;
    for (const tier of reading.wanted.route.shared) {
      const slot = slots[tier];
      if (slot === undefined || reading.leases.some((one) => one.tier === tier)) continue;
      const got = await slot.acquire(reading.stored, lease.ttlMs);
      if (got !== undefined && !this.#take(reading, tier, slot, got)) return false;
    }
    return true;
  }

  /** The entry as the farthest tier has it now that has one, and which that is; undefined when nobody has it, or it expired. */
  async reread(reading: Reading): Promise<{ readonly entry: Timed; readonly tier: number } | undefined> {
    const { slots, near, clock } = this.#parts;
    const { route, key } = reading.wanted;
    for (const tier of route.shared.toReversed()) {
      const slot = slots[tier];
      const hit = await slot?.reread(reading.stored);
      const entry =
        slot === undefined || hit === undefined ? undefined : await this.#hits.usable(reading, slot, hit);
      if (entry !== undefined && clock.nowMs() < entry.freshUntilMs) return { entry, tier };
    }
    const held = route.shared.length === 0 ? await near.inspect(route, key) : undefined;
    if (held === undefined || clock.nowMs() >= held.freshUntilMs) return undefined;
    const { freshUntilMs, keptUntilMs } = held;
    return { entry: { found: held, source: '', freshUntilMs, keptUntilMs }, tier: route.near ?? 0 };
  }

  #conclude(reading: Reading, purpose: ReadPurpose): void {
    if (reading.state === 'found') this.#fills.backfill(reading);
    else if (purpose === 'look') this.#fills.giveUp(reading);
  }

  async #lookNear(reading: Reading): Promise<void> {
    const { near, clock, slots } = this.#parts;
    const { route, key } = reading.wanted;
    const held = await near.inspect(route, key);
    const nowMs = clock.nowMs();
    const isFresh = held !== undefined && nowMs < held.freshUntilMs;
    near.count(route, isFresh);
    if (held === undefined) return;
    reading.held = held;
    const timed = {
      found: held,
      source: slots[route.near ?? 0]?.name ?? '',
      freshUntilMs: held.freshUntilMs,
      keptUntilMs: held.keptUntilMs,
    };
    if (isFresh) found(reading, timed);
    else if (nowMs < held.keptUntilMs) reading.stale = timed;
  }

  async #lookInto(
    tier: number,
    slot: TierSlot,
    open: readonly Reading[],
    purpose: ReadPurpose,
  ): Promise<void> {
    const withTtl = open.some((reading) => needsTime(reading, tier));
    const look: Look = { tier, slot, purpose, withTtl };
    const keys = open.map(({ stored }) => stored);
    const later: Promise<void>[] = [];
    if (open.some((reading) => wantsLease(reading, look))) {
      const fetched = await slot.fetch(keys, withTtl);
      for (const [i, reading] of open.entries()) {
        const one = fetched?.[i];
        const rest = one === undefined ? undefined : this.#onFetched(reading, look, one);
        if (rest !== undefined) later.push(rest);
      }
    } else {
      const hits = await slot.read(keys, withTtl);
      for (const [i, reading] of open.entries()) {
        const hit = hits?.[i];
        const rest = hit === undefined ? undefined : this.#onHit(reading, look, hit);
        if (rest !== undefined) later.push(rest);
      }
    }
    if (later.length > 0) await Promise.all(later);
  }

  #onFetched(reading: Reading, look: Look, fetched: Fetched): Promise<void> | undefined {
    if (fetched.state === 'hit') return this.#onHit(reading, look, fetched.hit);
    if (fetched.state === 'granted' || look.purpose === 'load') {
      this.#take(reading, look.tier, look.slot, fetched);
    }
    return undefined;
  }

  /** A promise only where something has to be waited for: most hits are judged at once, and each promise costs. */
  #onHit(reading: Reading, look: Look, hit: TierHit): Promise<void> | undefined {
    const usable = this.#hits.usable(reading, look.slot, hit);
    return usable instanceof Promise
      ? usable.then((entry) => this.#onEntry(reading, look, hit, entry))
      : this.#onEntry(reading, look, hit, usable);
  }

  #onEntry(reading: Reading, look: Look, hit: TierHit, entry: Timed | undefined): Promise<void> | undefined {
    // without the time that is left, what is kept beyond its expiry cannot be told from what is fresh
    if (!look.withTtl && entry !== undefined && entry.found.meta.graceMs > 0) {
      return this.#withTime(reading, look);
    }
    if (entry === undefined || this.#parts.clock.nowMs() >= entry.freshUntilMs) {
      return this.#onExpired(reading, look, hit, entry);
    }
    found(reading, entry);
    return undefined;
  }

  /** The entry again, and now with its time. */
  async #withTime(reading: Reading, look: Look): Promise<void> {
    const { slot } = look;
    slot.counts.hits--;
    const again = { ...look, withTtl: true };
    if (wantsLease(reading, look)) {
      const fetched = await slot.fetchOne(reading.stored, true);
      if (fetched !== undefined) await this.#onFetched(reading, again, fetched);
    } else {
      const hit = await slot.readOne(reading.stored, true);
      if (hit !== undefined) await this.#onHit(reading, again, hit);
    }
  }

  /** What is there cannot be used, or has expired: the right to replace it is asked for where somebody will. */
  async #onExpired(reading: Reading, look: Look, hit: TierHit, entry: Timed | undefined): Promise<void> {
    const { tier, slot, purpose } = look;
    slot.counts.hits--;
    slot.counts.misses++;
    if (entry !== undefined) reading.stale = entry;
    // who serves what expired refreshes it later, off the caller's path
    const isServable = entry !== undefined && this.#mayRevalidate(reading, entry);
    const isLast = reading.wanted.route.shared.at(-1) === tier;
    if (!wantsLease(reading, look) || (isServable && isLast)) return;
    const lease = await slot.acquire(reading.stored, this.#parts.lease.ttlMs);
    if (lease?.state === 'granted') {
      const filled = await this.#filledMeanwhile(reading, slot, hit);
      if (filled !== undefined) {
        await slot.release([{ key: reading.stored, token: lease.token }]);
        found(reading, filled);
        return;
      }
    }
    if (lease?.state === 'granted' || (lease !== undefined && purpose === 'load')) {
      this.#take(reading, tier, slot, lease);
    }
  }

  /** What somebody else has filled between our look and our lease: who waited for him need not load it again. */
  async #filledMeanwhile(reading: Reading, slot: TierSlot, hit: TierHit): Promise<Timed | undefined> {
    const again = await slot.reread(reading.stored);
    if (again === undefined || Buffer.compare(again.value, hit.value) === 0) return undefined;
    const entry = await this.#hits.usable(reading, slot, again);
    return entry !== undefined && this.#parts.clock.nowMs() < entry.freshUntilMs ? entry : undefined;
  }

  #mayRevalidate({ wanted }: Reading, { freshUntilMs }: Timed): boolean {
    return this.#parts.clock.nowMs() < freshUntilMs + wanted.route.freshness.revalidateMs;
  }

  /** Notes what the tier said of the lease. False when this look has to stop: the first tier that answers decides. */
  #take(reading: Reading, tier: number, slot: TierSlot, lease: Lease): boolean {
    if (lease.state === 'granted') {
      reading.leases.push({ slot, tier, token: lease.token });
      return true;
    }
    if (reading.leases.length > 0) return true;
    if (lease.state === 'held') {
      reading.state = 'held';
      return false;
    }
    reading.state = 'failed';
    reading.failure = new CachectlError('LOAD_FAILED', `${reading.wanted.key}: ${lease.message}`, {
      hint: `the load failed a short time ago; the next attempt is in ${Math.ceil(lease.forMs)} ms`,
    });
    return false;
  }
}

/** Who loads what is missing wants its lease, and so does who may fill this tier from one below it. */
function wantsLease({ wanted }: Reading, { tier, purpose }: Look): boolean {
  return purpose === 'load' || wanted.route.shared.at(-1) !== tier;
}

/** Whether what is found in this tier is asked for its time: it is also needed where a tier above is filled with it. */
function needsTime(reading: Reading, tier: number): boolean {
  return reading.wantsTime || reading.wanted.route.shared[0] !== tier;
}

function isFor({ state, wanted }: Reading, tier: number): boolean {
  return state === 'open' && wanted.route.shared.includes(tier);
}

function found(reading: Reading, entry: Timed): void {
  reading.state = 'found';
  reading.entry = entry;
}
