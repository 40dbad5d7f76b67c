import { CachectlError } from '../base/errors.ts';
import type { Fetched, Lease } from '../backends/fenced.ts';
import type { TierHit } from '../backends/tier-entry.ts';
import { stampOf } from './coherence/trust.ts';
import type { FillPath } from './fill-path.ts';
import type { EngineParts } from './parts.ts';
import { Reading, type Timed, type Wanted } from './reading.ts';
import type { Recovery } from './recovery.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Found } from './values.ts';

/** `look`: the value if there is one. `load`: who finds nothing is going to load it, and wants the leases for that. */
export type ReadPurpose = 'look' | 'load';

type MaybeLater<T> = T | Promise<T>;

const NO_LEASE: Lease = { state: 'held' };

/**
 * How entries are found: nearest tier first, until one has it. The tiers above it are then filled, for no
 * longer than the entry has left there, and under leases granted before the entry was read. A tier that fails is passed over.
 */
export class ReadPath {
  readonly #parts: EngineParts;
  readonly #fills: FillPath;
  readonly #recovery: Recovery;

  constructor(parts: EngineParts, fills: FillPath, recovery: Recovery) {
    this.#parts = parts;
    this.#fills = fills;
    this.#recovery = recovery;
  }

  /** Begins to read. Whoever calls it has entered the fence, and leaves it when the reading has ended. */
  begin(wanted: Wanted, ticket: number): Reading {
    const { keys, channel, clock } = this.#parts;
    return new Reading(wanted, keys.stored(wanted.key), ticket, stampOf(channel.trust, clock.nowMs()));
  }

  /** Looks for all of them, with one call a tier. */
  async look(readings: readonly Reading[], purpose: ReadPurpose): Promise<void> {
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
    for (const reading of readings) {
      if (reading.state === 'found') this.#fills.backfill(reading);
      else if (purpose === 'look') this.#fills.giveUp(reading);
    }
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

  /** The entry as the tiers have it now, without leases and fills; undefined when nobody has it, or it expired. */
  async reread(reading: Reading): Promise<Timed | undefined> {
    const { slots, near, clock } = this.#parts;
    const { route, key } = reading.wanted;
    for (const tier of route.shared) {
      const slot = slots[tier];
      const hit = await slot?.reread(reading.stored);
      const entry =
        slot === undefined || hit === undefined ? undefined : await this.#usable(reading, slot, hit);
      if (entry !== undefined && clock.nowMs() < entry.freshUntilMs) return entry;
    }
    const held = route.shared.length === 0 ? await near.inspect(route, key) : undefined;
    if (held === undefined || clock.nowMs() >= held.freshUntilMs) return undefined;
    return { found: held, source: '', freshUntilMs: held.freshUntilMs, keptUntilMs: held.keptUntilMs };
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
    const keys = open.map(({ stored }) => stored);
    const wantsLease = purpose === 'load' || open.some(({ wanted }) => wanted.route.shared.at(-1) !== tier);
    const fetched: readonly (Fetched | undefined)[] | undefined = wantsLease
      ? await slot.fetch(keys)
      : (await slot.read(keys))?.map((hit) => (hit === undefined ? NO_LEASE : { state: 'hit', hit }));
    if (fetched === undefined) return;
    for (const [i, reading] of open.entries()) {
      const one = fetched[i];
      if (one === undefined) continue;
      if (one.state === 'hit')
        await this.#onHit(reading, tier, slot, one.hit, wantsLease ? purpose : undefined);
      else if (one.state === 'granted' || purpose === 'load') this.#take(reading, tier, slot, one);
    }
  }

  async #onHit(
    reading: Reading,
    tier: number,
    slot: TierSlot,
    hit: TierHit,
    purpose: ReadPurpose | undefined,
  ): Promise<void> {
    const usable = this.#usable(reading, slot, hit);
    const entry = usable instanceof Promise ? await usable : usable;
    if (entry !== undefined && this.#parts.clock.nowMs() < entry.freshUntilMs) {
      found(reading, entry);
      return;
    }
    slot.counts.hits--;
    slot.counts.misses++;
    if (entry !== undefined) reading.stale = entry;
    // who serves what expired refreshes it later, off the caller's path
    const isServable = entry !== undefined && this.#mayRevalidate(reading, entry);
    const isLast = reading.wanted.route.shared.at(-1) === tier;
    if (purpose === undefined || (isServable && isLast)) return;
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
    const entry = await this.#usable(reading, slot, again);
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

  /**
   * The entry of a hit, verified, unpacked, decoded and judged by the ledger; undefined when it cannot be used. A
   * promise only where something has to be waited for: most hits are judged at once, and each promise costs.
   */
  #usable(reading: Reading, slot: TierSlot, hit: TierHit): MaybeLater<Timed | undefined> {
    const { format, clock } = this.#parts;
    const readMs = clock.nowMs();
    const plain = this.#verified(reading, slot, hit.value);
    if (plain === undefined) return undefined;
    const keptUntilMs = hit.ttlMs === undefined ? Infinity : readMs + hit.ttlMs;
    if (!format.isPacked(plain)) return this.#opened(reading, slot, plain, keptUntilMs);
    return format.unpack(plain).then(
      (unpacked) => this.#opened(reading, slot, unpacked, keptUntilMs),
      (error: unknown) => void slot.failed('decode', error),
    );
  }

  #opened(
    reading: Reading,
    slot: TierSlot,
    plain: Uint8Array,
    keptUntilMs: number,
  ): MaybeLater<Timed | undefined> {
    let opened: Found;
    try {
      opened = this.#parts.values.open(plain);
    } catch (error) {
      slot.failed('decode', error);
      return undefined;
    }
    const entry: Timed = {
      found: opened,
      source: slot.name,
      freshUntilMs: keptUntilMs - (keptUntilMs === Infinity ? 0 : opened.meta.graceMs),
      keptUntilMs,
    };
    const { wanted, stamp } = reading;
    if (this.#parts.ledger.judge(wanted.key, opened.meta, stamp.atMs) === 'valid') {
      this.#date(reading, opened);
      return entry;
    }
    return this.#isValid(reading, opened).then((isValid) => {
      if (isValid) this.#date(reading, opened);
      return isValid ? entry : undefined;
    });
  }

  /** Memory that keeps it trusts it no longer than what said that it is valid. */
  #date(reading: Reading, { meta }: Found): void {
    const learnt = this.#parts.ledger.learntAt(meta.tags);
    if (learnt.atMs < reading.stamp.atMs) reading.stamp = learnt;
  }

  #verified({ wanted, stored }: Reading, slot: TierSlot, entry: Uint8Array): Uint8Array | undefined {
    const { integrity, counts, signals } = this.#parts;
    if (integrity === undefined) return entry;
    const plain = integrity.verify(entry, stored);
    if (plain !== undefined) return plain;
    counts.tampered++;
    signals.emit('tampered', { key: wanted.key, tier: slot.name });
    return undefined;
  }

  async #isValid({ wanted, stamp }: Reading, { meta }: Found): Promise<boolean> {
    const { ledger } = this.#parts;
    let judgement = ledger.judge(wanted.key, meta, stamp.atMs);
    if (judgement === 'valid') return true;
    // an incarnation that differs may be newer than what is known here
    const mayBeNewer = judgement === 'invalid' && meta.incarnation !== ledger.reached?.incarnation;
    if (judgement === 'invalid' && !mayBeNewer) return false;
    if (!(await ledger.learn(meta.tags))) return false;
    judgement = ledger.judge(wanted.key, meta, stamp.atMs);
    return judgement === 'valid';
  }
}

function isFor({ state, wanted }: Reading, tier: number): boolean {
  return state === 'open' && wanted.route.shared.includes(tier);
}

function found(reading: Reading, entry: Timed): void {
  reading.state = 'found';
  reading.entry = entry;
}
