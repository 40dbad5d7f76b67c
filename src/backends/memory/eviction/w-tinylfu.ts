import type { EntryTable } from './entry-table.ts';
import type { Bounds, Eviction } from './eviction.ts';
import { FrequencySketch } from './frequency-sketch.ts';
import { hashOf } from './key-hash.ts';
import { Segment } from './segment.ts';
import { WindowShare } from './window-share.ts';

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;

/** Of the main part. */
const PROTECTED_SHARE = 0.8;

/** Uses are noted, and applied before anything else happens, or when there are so many: they wait for memory together. */
const MOST_NOTED = 64;

/**
 * Of so many uses one is applied, once nothing has come for as many uses as there are entries: all that is wanted is
 * there, nothing has to go, and little hangs on the order.
 */
const THINNED_TO_ONE_IN = 4;

/**
 * W-TinyLFU: G. Einziger, R. Friedman and B. Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM TOS
 * 2017. A new entry begins in the window, an LRU list. When it leaves that, it is admitted to the main part only if
 * its key was asked for more often lately than the key of the entry that would have to go instead. The main part is
 * a segmented LRU: entries used while on probation become protected, what is too much of those goes back on
 * probation. How much of the store is window follows the load ({@link WindowShare}).
 */
export class WTinyLfu implements Eviction {
  readonly #table: EntryTable;
  readonly #bounds: Bounds;
  #sketch = new FrequencySketch(1);
  readonly #share = new WindowShare();
  readonly #window: Segment;
  readonly #probation: Segment;
  readonly #protected: Segment;
  readonly #parts: readonly Segment[];
  /** Entries that were used, which the lists and the sketch do not know yet. */
  readonly #uses: Int32Array = new Int32Array(MOST_NOTED);
  #useCount = 0;
  #usesSinceAdd = 0;

  constructor(table: EntryTable, bounds: Bounds) {
    this.#table = table;
    this.#bounds = bounds;
    this.#window = new Segment(table, WINDOW);
    this.#probation = new Segment(table, PROBATION);
    this.#protected = new Segment(table, PROTECTED);
    this.#parts = [this.#window, this.#probation, this.#protected];
    this.#divide();
  }

  add(entry: number, key: string): void {
    this.#applyUses();
    this.#usesSinceAdd = 0;
    const hash = hashOf(key);
    this.#table.setHash(entry, hash);
    this.#table.setMark(entry, WINDOW);
    this.#window.push(entry);
    if (this.#count > this.#sketch.capacity) this.#widenSketch();
    this.#sketch.increment(hash);
    if (this.#share.comeBack(hash, this.#count)) this.#divide();
    else this.#trim(this.#window);
  }

  use(entry: number): void {
    this.#uses[this.#useCount++] = entry;
    if (this.#useCount < MOST_NOTED) return;
    this.#usesSinceAdd += MOST_NOTED;
    if (this.#usesSinceAdd > this.#count) this.#thinUses();
    this.#applyUses();
  }

  resize(entry: number, bytes: number): void {
    this.#applyUses();
    const segment = this.#segmentOf(entry);
    segment.resize(entry, bytes);
    this.#trim(segment);
  }

  remove(entry: number): void {
    this.#applyUses();
    this.#segmentOf(entry).remove(entry);
  }

  victim(incomingBytes: number, nowMs: number): number {
    this.#applyUses();
    const expired = this.#expired(nowMs);
    if (expired !== undefined) return expired;
    const main = this.#probation.count > 0 ? this.#probation : this.#protected;
    if (main.count === 0) return this.#window.oldest();
    const victim = main.oldest();
    if (this.#isWindowFull(incomingBytes)) {
      const candidate = this.#window.oldest();
      if (this.#frequency(candidate) <= this.#frequency(victim)) {
        this.#share.refuse(this.#table.hash(candidate), this.#count);
        return candidate;
      }
      this.#transfer(candidate, PROBATION);
    }
    this.#share.displace(this.#table.hash(victim), this.#count);
    return victim;
  }

  /** One of the three that are oldest, if it has expired. */
  #expired(nowMs: number): number | undefined {
    for (const segment of this.#parts) {
      if (segment.count > 0 && this.#table.expiresAt(segment.oldest()) <= nowMs) return segment.oldest();
    }
    return undefined;
  }

  #frequency(entry: number): number {
    return this.#sketch.estimate(this.#table.hash(entry));
  }

  #thinUses(): void {
    const uses = this.#uses;
    // Not always the same ones of four: uses may come in turns.
    const first = (this.#usesSinceAdd / MOST_NOTED) % THINNED_TO_ONE_IN;
    this.#useCount = 0;
    for (let i = first; i < MOST_NOTED; i += THINNED_TO_ONE_IN) uses[this.#useCount++] = uses[i]!;
  }

  #applyUses(): void {
    const count = this.#useCount;
    this.#useCount = 0;
    for (let i = 0; i < count; i++) this.#sketch.increment(this.#table.hash(this.#uses[i]!));
    for (let i = 0; i < count; i++) this.#refresh(this.#uses[i]!);
  }

  #refresh(entry: number): void {
    const segment = this.#segmentOf(entry);
    if (segment !== this.#probation) {
      segment.refresh(entry);
      return;
    }
    this.#transfer(entry, PROTECTED);
    this.#trim(this.#protected);
  }

  #isWindowFull(incomingBytes: number): boolean {
    const { count, bytes, maxEntries, maxBytes } = this.#window;
    if (count === 0) return false;
    return bytes + incomingBytes > maxBytes || (incomingBytes > 0 && count >= maxEntries);
  }

  /** What is too much of the window or the protected entries goes on probation. */
  #trim(segment: Segment): void {
    while (segment.isOver()) this.#transfer(segment.oldest(), PROBATION);
  }

  #transfer(entry: number, to: number): void {
    this.#segmentOf(entry).remove(entry);
    this.#table.setMark(entry, to);
    this.#segmentOf(entry).push(entry);
  }

  /** Gives the parts their bounds by the window's share of both. */
  #divide(): void {
    const { maxEntries, maxBytes } = this.#bounds;
    const share = this.#share.value;
    const windowEntries = Math.max(1, Math.floor(maxEntries * share));
    this.#window.maxEntries = windowEntries;
    this.#window.maxBytes = maxBytes * share;
    this.#protected.maxEntries = Math.floor((maxEntries - windowEntries) * PROTECTED_SHARE);
    this.#protected.maxBytes = maxBytes * (1 - share) * PROTECTED_SHARE;
    this.#trim(this.#window);
    this.#trim(this.#protected);
  }

  /** While the store fills, the counts that matter are those of its entries: they are carried over. */
  #widenSketch(): void {
    const narrow = this.#sketch;
    const wide = new FrequencySketch(this.#count);
    for (const segment of this.#parts) {
      for (let entry = segment.oldest(); entry !== segment.anchor; entry = this.#table.newer(entry)) {
        const hash = this.#table.hash(entry);
        for (let uses = narrow.estimate(hash); uses > 0; uses--) wide.increment(hash);
      }
    }
    this.#sketch = wide;
  }

  #segmentOf(entry: number): Segment {
    const segment = this.#table.mark(entry);
    if (segment === PROTECTED) return this.#protected;
    return segment === PROBATION ? this.#probation : this.#window;
  }

  get #count(): number {
    return this.#window.count + this.#probation.count + this.#protected.count;
  }
}
