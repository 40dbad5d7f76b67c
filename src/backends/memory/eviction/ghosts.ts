const FIRST_CAPACITY = 64;

/**
 * Hashes of keys whose entries were evicted not long ago, forgotten in the order in which they came. One that is
 * taken keeps its place in that order until its time is over.
 */
export class Ghosts {
  /** Number of the latest coming of each hash. */
  readonly #comings = new Map<number, number>();
  /** Hashes by number of coming, around and around; as long as a power of two. */
  #ring: Int32Array = new Int32Array(FIRST_CAPACITY);
  #first = 0;
  #end = 0;

  /** Remembers a hash, and no more than `limit` in all. */
  add(hash: number, limit: number): void {
    this.#comings.set(hash, this.#end);
    this.#ring[this.#end & (this.#ring.length - 1)] = hash;
    this.#end++;
    while (this.#end - this.#first > limit) this.#forgetFirst();
    if (this.#end - this.#first === this.#ring.length) this.#grow();
  }

  /** Whether the hash was remembered; it no longer is. */
  take(hash: number): boolean {
    return this.#comings.delete(hash);
  }

  #forgetFirst(): void {
    const hash = this.#ring[this.#first & (this.#ring.length - 1)]!;
    if (this.#comings.get(hash) === this.#first) this.#comings.delete(hash);
    this.#first++;
  }

  #grow(): void {
    const longer = new Int32Array(2 * this.#ring.length);
    for (let coming = this.#first; coming < this.#end; coming++) {
      longer[coming & (longer.length - 1)] = this.#ring[coming & (this.#ring.length - 1)]!;
    }
    this.#ring = longer;
  }
}
