import type { EntryFormat } from './entry.ts';
import type { Fence } from './fence.ts';
import type { KeySpace } from './keys.ts';
import type { TierFailure } from './options.ts';
import type { EngineParts } from './parts.ts';
import type { Route } from './policies.ts';
import type { TierSlot } from './tier-slot.ts';

/** One key on its way through the tiers. */
export interface Item {
  /** The key under its namespace. */
  readonly scoped: string;
  readonly route: Route;
}

export interface NewEntry extends Item {
  /** As the format encodes it, not packed. */
  readonly entry: Uint8Array;
  /** Time the entry lives, in milliseconds; Infinity: as long as each tier keeps it. */
  readonly ttlMs: number;
}

/** A tier by its index, and what is to be done in it. */
interface Place {
  readonly tier: number;
  readonly slot: TierSlot;
}

type Wish = (entry: NewEntry) => boolean;

/** How entries get into the tiers and out of them. */
export class WritePath {
  readonly #shared: readonly Place[];
  readonly #local: readonly Place[];
  readonly #format: EntryFormat;
  readonly #keys: KeySpace;
  readonly #fence: Fence;

  constructor(parts: EngineParts) {
    const places = parts.slots.map((slot, tier) => ({ slot, tier }));
    this.#shared = places.filter(({ slot }) => slot.local === undefined);
    this.#local = places.filter(({ slot }) => slot.local !== undefined);
    this.#format = parts.format;
    this.#keys = parts.keys;
    this.#fence = parts.fence;
  }

  /**
   * Stores in the tiers that `isTarget` names what was read or loaded since `ticket`, except what was
   * invalidated in between; tiers in this process last. Failures are counted by the tiers, not given back.
   */
  async fill(
    entries: readonly NewEntry[],
    ticket: number,
    isTarget: (tier: number, entry: NewEntry) => boolean,
  ): Promise<void> {
    const holds: Wish = ({ scoped }) => this.#fence.holds(scoped, ticket);
    const bound = ({ tier }: Place): readonly NewEntry[] =>
      own(tier, entries).filter((entry) => isTarget(tier, entry) && holds(entry));
    await Promise.all(this.#shared.map((place) => this.#writeShared(place, bound(place), holds)));
    for (const place of this.#local) this.#writeLocal(place, bound(place));
  }

  /**
   * Stores in every tier and gives back the failures. Tiers in this process come last, and only when all
   * others have it: else they drop the key rather than serve what nobody else sees.
   */
  async store(entries: readonly NewEntry[]): Promise<readonly TierFailure[]> {
    this.#voidReads(entries);
    const outcomes = await Promise.all(
      this.#shared.map((place) => this.#writeShared(place, own(place.tier, entries), () => true)),
    );
    const failures = outcomes.filter((outcome) => outcome !== undefined);
    this.#voidReads(entries);
    for (const place of this.#local) {
      if (failures.length === 0) this.#writeLocal(place, own(place.tier, entries));
      else dropLocal(place, entries);
    }
    return failures;
  }

  /** Deletes from every tier. Readers that began before it ended fill nothing in. */
  async remove(items: readonly Item[]): Promise<{ removed: number; failures: readonly TierFailure[] }> {
    this.#voidReads(items);
    const local = this.#local.map((place) => {
      place.slot.counts.deletes += own(place.tier, items).length;
      return dropLocal(place, items);
    });
    const shared = await Promise.all(
      this.#shared.map(({ slot, tier }) => {
        const keys = own(tier, items).map(({ scoped }) => this.#keys.stored(scoped));
        return keys.length === 0 ? Promise.resolve(0) : slot.remove(keys);
      }),
    );
    this.#voidReads(items);
    for (const place of this.#local) dropLocal(place, items);
    return {
      removed: Math.max(0, ...local, ...shared.filter((outcome) => typeof outcome === 'number')),
      failures: shared.filter((outcome) => typeof outcome !== 'number'),
    };
  }

  #writeLocal({ slot, tier }: Place, entries: readonly NewEntry[]): void {
    for (const entry of entries) slot.local?.write(entry.scoped, entry.entry, ttlIn(tier, entry));
    slot.counts.sets += entries.length;
  }

  /** Packing large values takes time, so `stillWanted` is asked again after it. */
  async #writeShared(
    { slot, tier }: Place,
    entries: readonly NewEntry[],
    stillWanted: Wish,
  ): Promise<TierFailure | undefined> {
    const ready = entries.some(({ entry }) => this.#format.wantsPacking(entry))
      ? (await this.#packed(entries)).filter(stillWanted)
      : entries;
    if (ready.length === 0) return undefined;
    return slot.write(
      ready.map((entry) => ({
        key: this.#keys.stored(entry.scoped),
        value: entry.entry,
        ttlMs: ttlIn(tier, entry),
      })),
    );
  }

  #packed(entries: readonly NewEntry[]): Promise<NewEntry[]> {
    return Promise.all(
      entries.map(async (item) =>
        this.#format.wantsPacking(item.entry)
          ? { ...item, entry: await this.#format.pack(item.entry) }
          : item,
      ),
    );
  }

  #voidReads(items: readonly Item[]): void {
    for (const { scoped } of items) this.#fence.invalidate(scoped);
  }
}

function own<T extends Item>(tier: number, items: readonly T[]): readonly T[] {
  return items.filter(({ route }) => route.tiers.includes(tier));
}

function dropLocal({ slot, tier }: Place, items: readonly Item[]): number {
  return own(tier, items).filter(({ scoped }) => slot.local?.drop(scoped) === true).length;
}

function ttlIn(tier: number, { route, ttlMs }: NewEntry): number | undefined {
  const bound = Math.min(ttlMs, route.ttlMs[tier] ?? Infinity);
  return bound === Infinity ? undefined : bound;
}
