import type { LeasedEntry } from '../backends/fenced.ts';
import { mostEarlyMs, jittered } from './early-refresh.ts';
import type { FreshnessMs } from './freshness.ts';
import type { EngineParts } from './parts.ts';
import type { Reading, TierLease, Timed } from './reading.ts';
import type { TierSlot } from './tier-slot.ts';

/** A value that was loaded, on its way into the tiers. */
export interface Loaded {
  readonly reading: Reading;
  readonly entry: Timed;
}

/** Share of a sliding lifetime that passes before a read starts it again: not every read is worth round trips. */
export const SLIDE_AFTER = 0.1;

/**
 * How what was read or loaded gets into the tiers: into shared ones under the lease that was granted before it
 * was read, into the one in this process last, and only if nothing was invalidated in between.
 */
export class FillPath {
  readonly #parts: EngineParts;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** Fills the tiers above the one that had the entry. Not waited for by the reader: it has its value. */
  backfill(reading: Reading): void {
    const { entry, held, leases } = reading;
    if (entry === undefined || held?.entry === entry.found.entry) return;
    if (leases.length === 0) this.keepNear(reading, entry, reading.wanted.route.freshness);
    else this.#later(this.#fillGuarded({ reading, entry }));
  }

  /** Ends leases that nothing will be filled under. */
  giveUp(reading: Reading): void {
    const { leases, stored } = reading;
    if (leases.length === 0) return;
    reading.leases = [];
    const released = leases.map(({ slot, token }) => slot.release([{ key: stored, token }]));
    this.#later(Promise.all(released));
  }

  /** Fills all tiers that the readings hold leases of, one round trip a server, and the one in this process. */
  async fill(loaded: readonly Loaded[], freshness: FreshnessMs): Promise<void> {
    const refused = new Set<Reading>();
    const bySlot = new Map<TierSlot, { one: Loaded; lease: TierLease }[]>();
    for (const one of loaded) {
      for (const lease of one.reading.leases) {
        const group = bySlot.get(lease.slot);
        if (group === undefined) bySlot.set(lease.slot, [{ one, lease }]);
        else group.push({ one, lease });
      }
    }
    await Promise.all(
      [...bySlot].map(async ([slot, group]) => {
        for (const reading of await this.#fillShared(slot, group, freshness)) refused.add(reading);
      }),
    );
    for (const { reading, entry } of loaded) {
      reading.leases = [];
      if (!refused.has(reading)) this.keepNear(reading, entry, freshness);
    }
  }

  /** Puts the entry into the tier in this process, unless its key was invalidated since the reading began. */
  keepNear(reading: Reading, entry: Timed, freshness: FreshnessMs): void {
    const { wanted, begunMs, stamp, ticket } = reading;
    const { route, key } = wanted;
    if (route.near === undefined) return;
    const { fence, near, ledger, clock, random } = this.#parts;
    if (!fence.holds(key, ticket)) {
      this.#refuse(reading, this.#parts.slots[route.near]?.name ?? '');
      return;
    }
    const nowMs = clock.nowMs();
    const boundMs = jittered(route.ttlMs[route.near] ?? Infinity, freshness.jitter, random);
    const isAlone = route.shared.length === 0;
    const untilMs = isAlone ? nowMs + boundMs : nowMs + (route.slidingMs ?? Infinity);
    const { found, freshUntilMs, keptUntilMs } = bounded(entry, untilMs);
    const held = {
      entry: found.entry,
      meta: found.meta,
      memo: found.memo,
      readMs: begunMs,
      stamp,
      freshUntilMs,
      keptUntilMs,
      quietUntilMs: quietUntil(found.meta.loadMs, freshUntilMs, route.slidingMs, freshness),
      checked: ledger.judge(key, found.meta, stamp.atMs) === 'valid' ? ledger.version : -1,
    };
    const leftMs = keptUntilMs - nowMs;
    near.write(route, key, held, isAlone ? leftMs : Math.min(leftMs, boundMs));
  }

  /** Waits until the fills that reads have begun are done. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  get pending(): number {
    return this.#underWay.size;
  }

  /** The reader goes on and leaves the fence: what is invalidated until the fill is done must be remembered. */
  async #fillGuarded(loaded: Loaded): Promise<void> {
    const { fence } = this.#parts;
    fence.enter();
    try {
      await this.fill([loaded], loaded.reading.wanted.route.freshness);
    } finally {
      fence.leave();
    }
  }

  /** The readings whose fill was refused. */
  async #fillShared(
    slot: TierSlot,
    group: readonly { one: Loaded; lease: TierLease }[],
    freshness: FreshnessMs,
  ): Promise<readonly Reading[]> {
    const { fence } = this.#parts;
    const packed = await Promise.all(
      group.map(async ({ one, lease }) => ({ one, lease, value: await this.sealed(one) })),
    );
    const entries: (LeasedEntry & { readonly reading: Reading })[] = [];
    const refused: Reading[] = [];
    for (const { one, lease, value } of packed) {
      const { reading } = one;
      const ttlMs = this.ttlIn(lease.tier, one, freshness);
      const isCurrent = fence.holds(reading.wanted.key, reading.ticket);
      if (isCurrent && ttlMs > 0 && one.entry.found.meta.incarnation !== '') {
        const ttl = ttlMs === Infinity ? {} : { ttlMs };
        entries.push({ reading, key: reading.stored, token: lease.token, value, ...ttl });
      } else {
        this.#later(slot.release([{ key: reading.stored, token: lease.token }]));
        if (!isCurrent) refused.push(reading);
      }
    }
    const stored = entries.length === 0 ? [] : await slot.fill(entries);
    for (const [i, { reading }] of entries.entries()) {
      if (stored?.[i] === false) refused.push(reading);
    }
    for (const reading of refused) this.#refuse(reading, slot.name);
    return refused;
  }

  /** The entry as shared tiers store it: packed and signed, where that is wanted. */
  async sealed({ reading, entry }: Loaded): Promise<Uint8Array> {
    const { format, integrity } = this.#parts;
    const plain = entry.found.entry;
    const packed = format.wantsPacking(plain) ? await format.pack(plain) : plain;
    return integrity === undefined ? packed : integrity.seal(packed, reading.stored);
  }

  /** Time in one shared tier: the tier's own bound, and never beyond the entry's expiry; kept on for as long as stale values may be served. */
  ttlIn(tier: number, { reading, entry }: Loaded, { jitter }: FreshnessMs): number {
    const { clock, random } = this.#parts;
    const boundMs = jittered(reading.wanted.route.ttlMs[tier] ?? Infinity, jitter, random);
    const logicalMs = Math.min(entry.freshUntilMs - clock.nowMs(), boundMs);
    return logicalMs === Infinity || logicalMs <= 0 ? logicalMs : logicalMs + entry.found.meta.graceMs;
  }

  /** Whoever was given what is refused here has seen newer than memory may hold: he is not to read backwards. */
  #refuse({ wanted }: Reading, tier: string): void {
    this.#parts.near.drop(wanted.key);
    this.#parts.counts.fenced++;
    this.#parts.signals.emit('fenced', { key: wanted.key, tier });
  }

  #later(work: Promise<unknown>): void {
    const own = work.finally(() => this.#underWay.delete(own));
    this.#underWay.add(own);
  }
}

/** The entry, expiring no later. */
function bounded(entry: Timed, untilMs: number): Timed {
  if (entry.freshUntilMs <= untilMs) return entry;
  return { ...entry, freshUntilMs: untilMs, keptUntilMs: untilMs + entry.found.meta.graceMs };
}

function quietUntil(
  loadMs: number,
  freshUntilMs: number,
  slidingMs: number | undefined,
  { earlyRefresh }: FreshnessMs,
): number {
  if (freshUntilMs === Infinity) return Infinity;
  if (slidingMs !== undefined) return freshUntilMs - slidingMs * (1 - SLIDE_AFTER);
  return earlyRefresh === 0 ? freshUntilMs : freshUntilMs - mostEarlyMs(loadMs, earlyRefresh);
}
