/** Numbers below this one are given to no entry: lists use them as their anchors. */
export const FIRST_ENTRY = 4;

const FIRST_CAPACITY = 64;

/** Links to newer and older, the hash, and one to fill up: in one line of the processor's cache. */
const INTS = 4;
const OLDER = 1;
const HASH = 2;

/**
 * Entries as numbers, and what eviction policies know of them in columns. At 100,000 entries a hit costs what it misses
 * in the processor's caches: columns are small enough to be there, objects with their boxed numbers are not. The
 * garbage collector has nothing to look into, either.
 */
export class EntryTable {
  #expiresAt: Float64Array = new Float64Array(FIRST_CAPACITY);
  #bytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  #marks: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  #ints: Int32Array = new Int32Array(FIRST_CAPACITY * INTS);
  #end = FIRST_ENTRY;
  /** A released number, which links to the next one; 0 when there is none. */
  #released = 0;

  /** A number that no entry has; what its columns hold is of no meaning. */
  allot(): number {
    const entry = this.#released;
    if (entry === 0) {
      if (this.#end === this.#bytes.length) this.#grow();
      return this.#end++;
    }
    this.#released = this.newer(entry);
    return entry;
  }

  /** The number is free for another entry. */
  release(entry: number): void {
    this.#ints[entry * INTS] = this.#released;
    this.#released = entry;
  }

  /** Monotonic time in milliseconds; Infinity when the entry does not expire. */
  expiresAt(entry: number): number {
    return this.#expiresAt[entry]!;
  }

  setExpiresAt(entry: number, expiresAt: number): void {
    this.#expiresAt[entry] = expiresAt;
  }

  /** Size with key and overhead. */
  bytes(entry: number): number {
    return this.#bytes[entry]!;
  }

  setBytes(entry: number, bytes: number): void {
    this.#bytes[entry] = bytes;
  }

  /** The next newer entry in the list that this one is in, or the anchor. */
  newer(entry: number): number {
    return this.#ints[entry * INTS]!;
  }

  /** The ring of a list that has this anchor begins, empty. */
  setAnchor(anchor: number): void {
    this.#ints[anchor * INTS] = this.#ints[anchor * INTS + OLDER] = anchor;
  }

  /** Puts the entry, which is in no list, in front of the list. */
  link(anchor: number, entry: number): void {
    const ints = this.#ints;
    const second = ints[anchor * INTS + OLDER]!;
    ints[entry * INTS] = anchor;
    ints[entry * INTS + OLDER] = second;
    ints[anchor * INTS + OLDER] = entry;
    ints[second * INTS] = entry;
  }

  unlink(entry: number): void {
    const ints = this.#ints;
    const newer = ints[entry * INTS]!;
    const older = ints[entry * INTS + OLDER]!;
    ints[newer * INTS + OLDER] = older;
    ints[older * INTS] = newer;
  }

  /** Hash of the key, 32 bits, for policies that keep it there. */
  hash(entry: number): number {
    return this.#ints[entry * INTS + HASH]!;
  }

  setHash(entry: number, hash: number): void {
    this.#ints[entry * INTS + HASH] = hash;
  }

  /** A number of the policy's own, from 0 to 255. */
  mark(entry: number): number {
    return this.#marks[entry]!;
  }

  setMark(entry: number, mark: number): void {
    this.#marks[entry] = mark;
  }

  #grow(): void {
    this.#expiresAt = twiceAsLong(this.#expiresAt, Float64Array);
    this.#bytes = twiceAsLong(this.#bytes, Float64Array);
    this.#marks = twiceAsLong(this.#marks, Uint8Array);
    this.#ints = twiceAsLong(this.#ints, Int32Array);
  }
}

function twiceAsLong<C extends Uint8Array | Int32Array | Float64Array>(
  column: C,
  Column: new (length: number) => C,
): C {
  const longer = new Column(2 * column.length);
  longer.set(column);
  return longer;
}
