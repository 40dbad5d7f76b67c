import type { EntryTable } from './entry-table.ts';
import type { Eviction } from './eviction.ts';
import { Segment } from './segment.ts';

/** The least recently used entry goes first. */
export class Lru implements Eviction {
  readonly #all: Segment;

  constructor(table: EntryTable) {
    this.#all = new Segment(table, 0);
  }

  add(entry: number): void {
    this.#all.push(entry);
  }

  use(entry: number): void {
    this.#all.refresh(entry);
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
