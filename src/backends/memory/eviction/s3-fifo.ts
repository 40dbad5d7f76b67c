import type { EntryTable } from './entry-table.ts';
import type { Bounds, Eviction } from './eviction.ts';
import { Ghosts } from './ghosts.ts';
import { hashOf } from './key-hash.ts';
import { Segment } from './segment.ts';

const SMALL_SHARE = 0.1;
const MOST_USES = 3;
/** Uses while in the small queue that make an entry worth keeping. */
const USES_TO_STAY = 2;
/** Added to the uses of an entry in the main queue, so that its mark tells both. */
const MAIN = 4;

/**
 * S3-FIFO: J. Yang, Y. Zhang, Z. Qiu, Y. Yue and K. V. Rashmi, "FIFO Queues are All You Need for Cache Eviction",
 * SOSP 2023. New entries pass through a small queue, a tenth of the store. Those used more than once on the way go on
 * to the main queue; of the others the key is remembered, for as many of their kind as the main queue has room for,
 * and who comes back in that time begins in the main queue. There each use, up to three, buys one more round.
 */
export class S3Fifo implements Eviction {
  readonly #table: EntryTable;
  readonly #small: Segment;
  readonly #main: Segment;
  readonly #ghosts = new Ghosts();

  constructor(table: EntryTable, bounds: Bounds) {
    this.#table = table;
    this.#small = new Segment(table, 0);
    this.#main = new Segment(table, 1);
    this.#small.maxEntries = Math.max(1, Math.floor(bounds.maxEntries * SMALL_SHARE));
    this.#small.maxBytes = bounds.maxBytes * SMALL_SHARE;
  }

  add(entry: number, key: string): void {
    const hash = hashOf(key);
    const isBack = this.#ghosts.take(hash);
    this.#table.setHash(entry, hash);
    this.#table.setMark(entry, isBack ? MAIN : 0);
    this.#segmentOf(entry).push(entry);
  }

  use(entry: number): void {
    const mark = this.#table.mark(entry);
    if ((mark & MOST_USES) < MOST_USES) this.#table.setMark(entry, mark + 1);
  }

  resize(entry: number, bytes: number): void {
    this.#segmentOf(entry).resize(entry, bytes);
  }

  remove(entry: number): void {
    this.#segmentOf(entry).remove(entry);
  }

  victim(_incomingBytes: number, nowMs: number): number {
    const oldest = this.#main.oldest();
    if (this.#main.count > 0 && this.#table.expiresAt(oldest) <= nowMs) return oldest;
    for (;;) {
      const entry = this.#isSmallFull() ? this.#endOfSmall(nowMs) : this.#endOfMain(nowMs);
      if (entry !== undefined) return entry;
    }
  }

  #isSmallFull(): boolean {
    const { count, bytes, maxEntries, maxBytes } = this.#small;
    return this.#main.count === 0 || count >= maxEntries || bytes >= maxBytes;
  }

  /** The oldest of the small queue, unless it goes on to the main queue. */
  #endOfSmall(nowMs: number): number | undefined {
    const entry = this.#small.oldest();
    if (this.#table.expiresAt(entry) <= nowMs) return entry;
    if (this.#table.mark(entry) < USES_TO_STAY) {
      const entries = this.#small.count + this.#main.count;
      this.#ghosts.add(this.#table.hash(entry), Math.floor(entries * (1 - SMALL_SHARE)));
      return entry;
    }
    this.#small.remove(entry);
    this.#main.push(entry);
    this.#table.setMark(entry, MAIN);
    return undefined;
  }

  /** The oldest of the main queue, unless it is good for another round. */
  #endOfMain(nowMs: number): number | undefined {
    const entry = this.#main.oldest();
    const mark = this.#table.mark(entry);
    if (mark === MAIN || this.#table.expiresAt(entry) <= nowMs) return entry;
    this.#table.setMark(entry, mark - 1);
    this.#main.refresh(entry);
    return undefined;
  }

  #segmentOf(entry: number): Segment {
    return this.#table.mark(entry) >= MAIN ? this.#main : this.#small;
  }
}
