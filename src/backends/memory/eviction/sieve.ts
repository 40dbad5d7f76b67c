import type { EntryTable } from './entry-table.ts';
import type { Eviction } from './eviction.ts';
import { Segment } from './segment.ts';

const NOT_USED = 0;
const USED = 1;

/**
 * SIEVE: Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson and K. V. Rashmi, "SIEVE is Simpler than LRU: an Efficient Turn-Key
 * Eviction Algorithm for Web Caches", NSDI 2024. Entries stay in the order in which they came; a use sets a mark. A
 * hand moves from the oldest to the newest, takes marks away, and evicts the first entry it finds without one.
 */
export class Sieve implements Eviction {
  readonly #table: EntryTable;
  readonly #all: Segment;
  /** The entry that is looked at next; the anchor when that is the oldest. */
  #hand: number;

  constructor(table: EntryTable) {
    this.#table = table;
    this.#all = new Segment(table, 0);
    this.#hand = this.#all.anchor;
  }

  add(entry: number): void {
    this.#table.setMark(entry, NOT_USED);
    this.#all.push(entry);
  }

  use(entry: number): void {
    this.#table.setMark(entry, USED);
  }

  resize(entry: number, bytes: number): void {
    this.#all.resize(entry, bytes);
  }

  remove(entry: number): void {
    if (entry === this.#hand) this.#hand = this.#table.newer(entry);
    this.#all.remove(entry);
  }

  victim(_incomingBytes: number, nowMs: number): number {
    let entry = this.#orOldest(this.#hand);
    while (this.#table.mark(entry) === USED && this.#table.expiresAt(entry) > nowMs) {
      this.#table.setMark(entry, NOT_USED);
      entry = this.#orOldest(this.#table.newer(entry));
    }
    this.#hand = entry;
    return entry;
  }

  #orOldest(entry: number): number {
    return entry === this.#all.anchor ? this.#all.oldest() : entry;
  }
}
