import { type CancelTimer, type Clock } from '../base/clock.ts';
import type { LedgerChange } from '../backends/ledger.ts';
import type { TierSlot } from './tier-slot.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** More keys than this in one tier are not remembered one by one. */
const MOST_KEYS = 10_000;

/** How what could not be done is done again. Each rejects or gives false when it fails again. */
export interface Redo {
  invalidate(slot: TierSlot, keys: readonly string[]): Promise<boolean>;
  advance(change: LedgerChange): Promise<boolean>;
}

/**
 * Invalidations that a tier or the ledger could not be told of. They are tried again until they succeed, and
 * this process does not read what may be stale until then: neither there nor in the nearer tiers, which others may
 * have filled from there. More than can be remembered become one: the whole
 * namespace.
 */
export class Recovery {
  readonly #clock: Clock;
  readonly #keys = new Map<TierSlot, Map<string, string>>();
  readonly #farness = new Map<TierSlot, number>();
  readonly #full = new Set<TierSlot>();
  #changes: LedgerChange[] = [];
  #redo: Redo | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #cancelTimer: CancelTimer | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(redo: Redo): void {
    this.#redo = redo;
  }

  /** Whether the tier may hold something stale under the key. */
  shuns(slot: TierSlot, stored: string): boolean {
    if (this.#keys.size === 0 && this.#full.size === 0) return false;
    return this.#full.has(slot) || this.#keys.get(slot)?.has(stored) === true;
  }

  /**
   * @param keys from the key as the tier stores it to the key itself
   * @param farness the farther tier is told first: until then a nearer one may be filled from it again
   */
  add(slot: TierSlot, keys: ReadonlyMap<string, string>, farness = 0): void {
    this.#farness.set(slot, farness);
    if (this.#full.has(slot)) return;
    const known = this.#keys.get(slot) ?? new Map<string, string>();
    for (const [stored, key] of keys) known.set(stored, key);
    if (known.size <= MOST_KEYS) {
      this.#keys.set(slot, known);
    } else {
      this.#keys.delete(slot);
      this.#full.add(slot);
      this.#changes = [{ all: true }];
    }
    this.#watch();
  }

  addChange(change: LedgerChange): void {
    if (this.#changes.length < MOST_KEYS) this.#changes.push(change);
    else this.#changes = [{ all: true }];
    this.#watch();
  }

  get pending(): number {
    return this.#keys.size + this.#full.size + this.#changes.length;
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #watch(): void {
    if (this.#closed || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#clock.setTimer(() => void this.#retry(), this.#pauseMs, { background: true });
  }

  async #retry(): Promise<void> {
    const done = (await this.#retryChanges()) && (await this.#retryKeys());
    this.#cancelTimer = undefined;
    this.#pauseMs = done ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
    if (this.pending > 0) this.#watch();
  }

  async #retryChanges(): Promise<boolean> {
    while (this.#changes.length > 0) {
      const [first] = this.#changes;
      if (first === undefined || (await this.#redo?.advance(first)) !== true) return false;
      this.#changes = this.#changes.filter((change) => change !== first);
      if (first.all === true) this.#full.clear();
    }
    return true;
  }

  async #retryKeys(): Promise<boolean> {
    let done = true;
    const farnessOf = (slot: TierSlot): number => this.#farness.get(slot) ?? 0;
    const farthestFirst = [...this.#keys].sort(([a], [b]) => farnessOf(b) - farnessOf(a));
    /** A farther tier still has what it may have of these. */
    const held = new Set<string>();
    for (const [slot, keys] of farthestFirst) {
      const now = [...keys].filter(([stored]) => !held.has(stored));
      if (now.length === 0) continue;
      const told = await this.#redo?.invalidate(
        slot,
        now.map(([, key]) => key),
      );
      if (told !== true) {
        done = false;
        for (const [stored] of now) held.add(stored);
        continue;
      }
      for (const [stored] of now) keys.delete(stored);
      if (keys.size === 0) this.#keys.delete(slot);
    }
    return done;
  }
}
