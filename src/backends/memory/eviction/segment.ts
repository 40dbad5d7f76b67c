import type { EntryTable } from './entry-table.ts';

/**
 * A list of entries, from the newest to the oldest, that counts them and their bytes: a part of the store, or all
 * of it. An entry is in one segment at most. The anchor, a number that no entry has, closes the list to a ring, so
 * that its ends are no special cases.
 */
export class Segment {
  readonly anchor: number;
  readonly #table: EntryTable;
  count: number = 0;
  bytes: number = 0;
  /** Bounds that the policy sets and keeps. */
  maxEntries: number = Infinity;
  maxBytes: number = Infinity;

  constructor(table: EntryTable, anchor: number) {
    this.#table = table;
    this.anchor = anchor;
    table.setAnchor(anchor);
  }

  /** The anchor when the segment is empty. */
  oldest(): number {
    return this.#table.newer(this.anchor);
  }

  isOver(): boolean {
    return this.count > this.maxEntries || this.bytes > this.maxBytes;
  }

  /** The entry, which is in no segment, becomes the newest of this one. */
  push(entry: number): void {
    this.#table.link(this.anchor, entry);
    this.count++;
    this.bytes += this.#table.bytes(entry);
  }

  remove(entry: number): void {
    this.#table.unlink(entry);
    this.count--;
    this.bytes -= this.#table.bytes(entry);
  }

  /** The entry, which is in this segment, has so many bytes from now on. */
  resize(entry: number, bytes: number): void {
    this.bytes += bytes - this.#table.bytes(entry);
    this.#table.setBytes(entry, bytes);
  }

  /** The entry, which is in this segment, becomes its newest. */
  refresh(entry: number): void {
    if (this.#table.newer(entry) === this.anchor) return;
    this.#table.unlink(entry);
    this.#table.link(this.anchor, entry);
  }
}
