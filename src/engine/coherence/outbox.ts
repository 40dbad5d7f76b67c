import type { Tidings } from './channel.ts';

const MOST_NAMES = 10_000;

/** Tidings that wait until the bus takes them, as one. Too many keys and tags become "everything". */
export class Outbox {
  readonly #most: number;
  readonly #keys = new Set<string>();
  readonly #tags = new Set<string>();
  #page = false;
  #all = false;

  constructor(most: number = MOST_NAMES) {
    this.#most = most;
  }

  get empty(): boolean {
    return this.#keys.size === 0 && this.#tags.size === 0 && !this.#page && !this.#all;
  }

  add({ keys, tags, page, all }: Tidings): void {
    this.#page ||= page;
    for (const key of keys) this.#keys.add(key);
    for (const tag of tags) this.#tags.add(tag);
    this.#all ||= all === true || this.#keys.size + this.#tags.size > this.#most;
    if (!this.#all) return;
    this.#keys.clear();
    this.#tags.clear();
  }

  /** All of it, and the outbox is empty. */
  take(): Tidings {
    const tidings: Tidings = this.#all
      ? { keys: [], tags: [], page: true, all: true }
      : { keys: [...this.#keys], tags: [...this.#tags], page: this.#page };
    this.#keys.clear();
    this.#tags.clear();
    this.#page = false;
    this.#all = false;
    return tidings;
  }
}
