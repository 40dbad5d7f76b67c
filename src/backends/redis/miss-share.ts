/** Looks after which an older one counts for a third (1/e) of what it did. */
const MEMORY = 32;

/**
 * The share of recent looks that found nothing, from 0 to 1: an exponentially weighted mean. It begins at 1, as a
 * cache begins empty.
 */
export class MissShare {
  #share = 1;

  get value(): number {
    return this.#share;
  }

  note(misses: number, looks: number): void {
    if (looks > 0) this.#share += (misses / looks - this.#share) * (1 - Math.exp(-looks / MEMORY));
  }
}
