const FIRST_SLOTS = 1024;
const FIRST_ARENA_BYTES = 64 * 1024;

/**
 * Numbers for keys, from 0, in the order in which they first come: where the rest of the work is on columns, a key is
 * an index. Finds a key by its bytes, and makes no text of them. Some 40 bytes for each key, and the key itself.
 */
export class KeyIndex {
  /**
   * For each slot the index of its key + 1, 0 where there is none, and the key's hash, side by side: one look at
   * memory. A key is at the slot that its hash says, or the next free one (open addressing).
   */
  #slots = new Int32Array(2 * FIRST_SLOTS);
  /** Where each key begins in the arena; it ends where the next one begins. */
  #starts = new Float64Array(FIRST_SLOTS);
  #arena = Buffer.allocUnsafeSlow(FIRST_ARENA_BYTES);
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The index of the key that these bytes are; a new one, the `size` before, when they have not come yet. */
  indexOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = (2 * hash) & mask;
    for (;;) {
      const found = slots[at]! - 1;
      if (found < 0) return this.#add(at, hash, bytes, start, end);
      if (slots[at + 1] === hash && this.#equals(found, bytes, start, end)) return found;
      at = (at + 2) & mask;
    }
  }

  /** The bytes of a key. */
  keyAt(index: number): Buffer {
    return this.#arena.subarray(this.#starts[index], this.#starts[index + 1]);
  }

  #equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    let at = this.#starts[index]!;
    if (this.#starts[index + 1]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== arena[at++]) return false;
    return true;
  }

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const index = this.#size++;
    const at = this.#starts[index]!;
    if (at + end - start > this.#arena.length) this.#growArena(at, end - start);
    for (let i = start; i < end; i++) this.#arena[at + i - start] = bytes[i]!;
    this.#starts[index + 1] = at + end - start;
    this.#slots[slot] = index + 1;
    this.#slots[slot + 1] = hash;
    // Half full at most, so that few slots are looked at.
    if (4 * this.#size >= this.#slots.length) this.#growSlots();
    return index;
  }

  #growArena(used: number, needed: number): void {
    let capacity = this.#arena.length;
    while (capacity < used + needed) capacity *= 2;
    const longer = Buffer.allocUnsafeSlow(capacity);
    this.#arena.copy(longer, 0, 0, used);
    this.#arena = longer;
  }

  #growSlots(): void {
    const old = this.#slots;
    const slots = new Int32Array(2 * old.length);
    const mask = slots.length - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let to = (2 * old[from + 1]!) & mask;
      while (slots[to] !== 0) to = (to + 2) & mask;
      slots[to] = old[from]!;
      slots[to + 1] = old[from + 1]!;
    }
    const starts = new Float64Array(slots.length / 2);
    starts.set(this.#starts);
    this.#slots = slots;
    this.#starts = starts;
  }
}

/** FNV-1a (Fowler, Noll and Vo), its high bits folded into the low ones, which choose the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
