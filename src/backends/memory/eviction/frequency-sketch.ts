const LEAST_CAPACITY = 64;
const WORDS_PER_ENTRY = 4;
const MOST = 15;
/** 2^32 over the golden ratio: a product with it has bits in front that depend on all of the hash (Knuth, TAOCP 6.4). */
const SPREAD = 0x9e3779b1;
/** Counts are halved after so many increments for each entry that there is room for. */
const SAMPLE_PER_ENTRY = 10;

/**
 * How often keys were asked for lately: a count-min sketch with counters of 4 bits that are halved from time to time
 * (G. Einziger, R. Friedman and B. Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", ACM TOS 2017). The
 * four counters of a key are in one block of 64 bytes, each in a row of its own, so that memory is asked once.
 */
export class FrequencySketch {
  /** How many entries it is sized for. */
  readonly capacity: number;
  /** Blocks of 16 words: 4 rows of 4 words of 8 counters. */
  readonly #words: Int32Array;
  readonly #sample: number;
  #increments = 0;

  /** @param entries at least this many; rounded up to a power of two */
  constructor(entries: number) {
    let capacity = LEAST_CAPACITY;
    while (capacity < entries) capacity *= 2;
    this.capacity = capacity;
    this.#words = new Int32Array(capacity * WORDS_PER_ENTRY);
    this.#sample = capacity * SAMPLE_PER_ENTRY;
  }

  /** From 0 to 15. More than was counted when other keys have the same counters; less only by the halving. */
  estimate(hash: number): number {
    const words = this.#words;
    const block = firstWord(hash, words.length);
    const places = Math.imul(hash, SPREAD);
    return Math.min(
      count(words, block, places >>> 12),
      count(words, block + 4, places >>> 17),
      count(words, block + 8, places >>> 22),
      count(words, block + 12, places >>> 27),
    );
  }

  increment(hash: number): void {
    const words = this.#words;
    const block = firstWord(hash, words.length);
    const places = Math.imul(hash, SPREAD);
    const counted =
      bump(words, block, places >>> 12) |
      bump(words, block + 4, places >>> 17) |
      bump(words, block + 8, places >>> 22) |
      bump(words, block + 12, places >>> 27);
    this.#increments += counted;
    if (this.#increments >= this.#sample) this.#halve();
  }

  #halve(): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = (this.#words[i]! >>> 1) & 0x7777_7777;
    this.#increments >>>= 1;
  }
}

/** Where the block of a key begins, which its lowest bits say. */
function firstWord(hash: number, words: number): number {
  return (hash << 4) & (words - 1);
}

/** The counter of a row that the 5 lowest bits of `place` say: 2 the word, 3 the place within. */
function count(words: Int32Array, row: number, place: number): number {
  return (words[row + (place & 3)]! >>> (place & 28)) & MOST;
}

/** Adds 1 to that counter unless it is full; returns what was added. */
function bump(words: Int32Array, row: number, place: number): number {
  const word = row + (place & 3);
  const shift = place & 28;
  const counters = words[word]!;
  if (((counters >>> shift) & MOST) === MOST) return 0;
  words[word] = counters + (1 << shift);
  return 1;
}
