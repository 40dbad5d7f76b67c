/**
 * Keeps values that were read before an invalidation from being stored after it, within this process.
 *
 * A reader notes the time it began (a ticket, from a counter that each invalidation moves). Before it stores
 * what it read or loaded, it asks whether its key was invalidated since. Invalidations are remembered only
 * while somebody reads; when too many are, all are forgotten and every ticket given out until then is void:
 * a fill too few, never a stale one.
 */
export class Fence {
  #sequence = 0;
  #voidBefore = 0;
  #readers = 0;
  readonly #invalidated = new Map<string, number>();
  readonly #remembered: number;

  constructor(remembered = 10_000) {
    this.#remembered = remembered;
  }

  /** Reads that are under way. */
  get readers(): number {
    return this.#readers;
  }

  enter(): number {
    this.#readers++;
    return this.#sequence;
  }

  leave(): void {
    this.#readers--;
    if (this.#readers === 0) this.#invalidated.clear();
  }

  invalidate(key: string): void {
    this.#sequence++;
    if (this.#readers === 0) return;
    if (this.#invalidated.size >= this.#remembered) this.invalidateAll();
    else this.#invalidated.set(key, this.#sequence);
  }

  invalidateAll(): void {
    this.#sequence++;
    this.#voidBefore = this.#sequence;
    this.#invalidated.clear();
  }

  /** Whether what was read since `ticket` may still be stored under `key`. */
  holds(key: string, ticket: number): boolean {
    return ticket >= this.#voidBefore && (this.#invalidated.get(key) ?? 0) <= ticket;
  }
}
