/** A cache as the textbook has it, on a Map, whose order is that of insertion. */
export interface ReferenceCache {
  /** Whether the key was there; it is now, if it fits at all. */
  request(key: string, bytes: number): boolean;
}

/** At most so much of either; the size of an entry in bytes must not change. */
export interface ReferenceBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** What came first goes first. */
export class ReferenceFifo implements ReferenceCache {
  protected readonly entries: Map<string, number> = new Map();
  readonly #bounds: ReferenceBounds;
  #bytes = 0;

  constructor(bounds: ReferenceBounds) {
    this.#bounds = bounds;
  }

  request(key: string, bytes: number): boolean {
    if (this.entries.has(key)) {
      this.used(key);
      return true;
    }
    if (bytes > this.#bounds.maxBytes) return false;
    for (const [oldest, size] of this.entries) {
      const isFull =
        this.entries.size >= this.#bounds.maxEntries || this.#bytes + bytes > this.#bounds.maxBytes;
      if (!isFull) break;
      this.entries.delete(oldest);
      this.#bytes -= size;
    }
    this.entries.set(key, bytes);
    this.#bytes += bytes;
    return false;
  }

  protected used(_key: string): void {
    // The order is that of coming.
  }
}

/** What was used least recently goes first. */
export class ReferenceLru extends ReferenceFifo {
  protected override used(key: string): void {
    const bytes = this.entries.get(key)!;
    this.entries.delete(key);
    this.entries.set(key, bytes);
  }
}
