import type { EntryTable } from './entry-table.ts';
import type { Eviction } from './eviction.ts';
import { Segment } from './segment.ts';

/** The entry that came first goes first, however often it is used; overwriting it is a use. */
export class Fifo implements Eviction {
  readonly #all: Segment;

  constructor(table: EntryTable) {
    this.#all = new Segment(table, 0);
  }

  add(entry: number): void {
    this.#all.push(entry);
  }

  use(): void {
    // The order is that of coming.
  }

  resize(entry: number, bytes: number): void {
    this.#all.resize(entry, bytes);
  }

  remove(entry: number): void {
    this.#all.remove(entry);
  }

  victim(): number {
    return this.#all.oldest();
  }
}
