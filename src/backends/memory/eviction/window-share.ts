import { Ghosts } from './ghosts.ts';

const FIRST_SHARE = 0.01;
const LEAST_SHARE = 0.01;
/** Beyond it the main part is too small to tell anything. */
const MOST_SHARE = 0.8;

/** Length of the shadow queues, as a share of the entries. Of 1/16 to 1/4, all do; shorter ones are slower to react. */
const SHADOW_SHARE = 1 / 8;

/**
 * The share of the store that is the window of W-TinyLFU, found by climbing towards more hits: A. Cidon, A. Eisenman,
 * M. Alizadeh and S. Katti, "Cliffhanger: Scaling Performance Cliffs in Web Memory Caches", NSDI 2016. Behind the
 * window and behind the main part, shadow queues remember the keys that would still be there if that part were a
 * little larger. Whose shadow is hit grows by one entry, so the share rests where both gain equally.
 *
 * Caffeine climbs by comparing the hit ratios of successive samples. That needs many samples to tell a change of the
 * ratio from chance, and a trace such as `sprite` is over before.
 */
export class WindowShare {
  /** From 0.01 to 0.8. */
  value: number = FIRST_SHARE;
  readonly #refused = new Ghosts();
  readonly #displaced = new Ghosts();

  /** An entry left the window and was not admitted to the main part. `entries`: number of all in the store. */
  refuse(hash: number, entries: number): void {
    this.#refused.add(hash, shadowLength(entries));
  }

  /** An entry had to leave the main part. */
  displace(hash: number, entries: number): void {
    this.#displaced.add(hash, shadowLength(entries));
  }

  /** A key is stored that was not there. Whether the share changed. */
  comeBack(hash: number, entries: number): boolean {
    const before = this.value;
    if (this.#refused.take(hash)) this.value = Math.min(MOST_SHARE, this.value + 1 / entries);
    if (this.#displaced.take(hash)) this.value = Math.max(LEAST_SHARE, this.value - 1 / entries);
    return this.value !== before;
  }
}

function shadowLength(entries: number): number {
  return Math.ceil(entries * SHADOW_SHARE);
}
