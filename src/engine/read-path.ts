import type { TierHit } from '../backends/tier.ts';
import type { EntryFormat } from './entry.ts';
import type { Fence } from './fence.ts';
import type { KeySpace } from './keys.ts';
import type { EngineParts } from './parts.ts';
import type { Route } from './policies.ts';
import type { TierSlot } from './tier-slot.ts';
import type { Found, Located, Values } from './values.ts';
import type { Item, NewEntry, WritePath } from './write-path.ts';

interface Refill extends NewEntry {
  /** Index of the tier that had it. */
  readonly hitIn: number;
}

/**
 * How entries are found: nearest tier first, until one has it. The tiers above it are then filled, for no
 * longer than the entry has left there. A tier that fails is passed over.
 */
export class ReadPath {
  readonly #slots: readonly TierSlot[];
  readonly #format: EntryFormat;
  readonly #values: Values;
  readonly #keys: KeySpace;
  readonly #fence: Fence;
  readonly #writes: WritePath;
  readonly #backfills = new Set<Promise<void>>();

  constructor(parts: EngineParts, values: Values, writes: WritePath) {
    this.#slots = parts.slots;
    this.#format = parts.format;
    this.#values = values;
    this.#keys = parts.keys;
    this.#fence = parts.fence;
    this.#writes = writes;
  }

  /** The entry, when the nearest tier of the route is in this process and has it. Waits for nothing. */
  nearest(route: Route, scoped: string): Found | undefined {
    const slot = this.#slots[route.tiers[0] ?? -1];
    if (slot?.local === undefined) return undefined;
    const found = slot.local.read(scoped);
    if (found === undefined) slot.counts.misses++;
    else slot.counts.hits++;
    return found;
  }

  /** Looks into the tiers that {@link nearest} has not looked into; one call a tier for all items. */
  async beyond(items: readonly Item[]): Promise<readonly (Located | undefined)[]> {
    const ticket = this.#fence.enter();
    const found: (Located | undefined)[] = items.map(() => undefined);
    const refills: Refill[] = [];
    try {
      for (const [tier, slot] of this.#slots.entries()) {
        const open = [...items.keys()].filter(
          (i) => found[i] === undefined && isBeyond(items[i], tier, slot),
        );
        if (open.length > 0) await this.#readTier(tier, slot, items, open, found, refills);
      }
      this.#backfill(refills, ticket);
      return found;
    } finally {
      this.#fence.leave();
    }
  }

  async #readTier(
    tier: number,
    slot: TierSlot,
    items: readonly Item[],
    open: readonly number[],
    found: (Located | undefined)[],
    refills: Refill[],
  ): Promise<void> {
    const own = open.map((i) => items[i] as Item);
    const keys = own.map(({ scoped }) => (slot.local === undefined ? this.#keys.stored(scoped) : scoped));
    const withTtl = own.some(({ route }) => route.tiers[0] !== tier);
    const hits = await slot.read(keys, withTtl);
    for (const [i, item] of own.entries()) {
      const hit = hits[i];
      const usable = hit === undefined ? undefined : await this.#usable(slot, hit);
      if (hit === undefined || usable === undefined) continue;
      found[open[i] as number] = { found: usable, tier: slot.name };
      refills.push({ ...item, entry: usable.value, ttlMs: hit.ttlMs ?? Infinity, hitIn: tier });
    }
  }

  /** The entry of a hit, unpacked and decoded; a damaged one is counted as an error and a miss. */
  async #usable(slot: TierSlot, { value }: TierHit): Promise<Found | undefined> {
    try {
      return this.#values.open(this.#format.isPacked(value) ? await this.#format.unpack(value) : value);
    } catch (error) {
      slot.counts.hits--;
      slot.counts.misses++;
      slot.failed('decode', error);
      return undefined;
    }
  }

  /** Not waited for by the reader: it has its value. */
  #backfill(refills: readonly Refill[], ticket: number): void {
    const wanted = refills.filter(({ route, hitIn, ttlMs }) => route.tiers[0] !== hitIn && ttlMs > 0);
    if (wanted.length === 0) return;
    const isAbove = (tier: number, entry: NewEntry): boolean => tier < (entry as Refill).hitIn;
    this.#fence.enter();
    const work = this.#writes.fill(wanted, ticket, isAbove).finally(() => {
      this.#fence.leave();
      this.#backfills.delete(work);
    });
    this.#backfills.add(work);
  }

  /** Waits until the fills that reads have begun are done. */
  async settle(): Promise<void> {
    await Promise.all(this.#backfills);
  }
}

function isBeyond(item: Item | undefined, tier: number, slot: TierSlot): boolean {
  const place = item?.route.tiers.indexOf(tier) ?? -1;
  return place > 0 || (place === 0 && slot.local === undefined);
}
