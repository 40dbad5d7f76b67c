interface Waiting<T> {
  readonly key: string;
  readonly resolve: (answer: T | undefined) => void;
}

/** How the keys are fetched, in their order; undefined when the tier fails or is left alone. */
export type FetchAll<T> = (keys: readonly string[], withTtl: boolean) => Promise<readonly T[] | undefined>;

/**
 * Makes one call of the fetches that callers begin at the same time. Answers that arrive together let their callers
 * go on together, so what these want next is wanted at once: one command for all of it costs client and server a
 * fraction of one for each.
 */
export class JoinedFetches<T> {
  readonly #fetchAll: FetchAll<T>;
  #waiting: Waiting<T>[] = [];
  #withTtl = false;

  constructor(fetchAll: FetchAll<T>) {
    this.#fetchAll = fetchAll;
  }

  /** @param withTtl whether the caller needs the time that is left; he may be told it anyway */
  fetch(key: string, withTtl: boolean): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.#withTtl ||= withTtl;
      if (this.#waiting.push({ key, resolve }) === 1) queueMicrotask(this.#soon);
    });
  }

  /** One more round of microtasks: callers that were woken together are not all equally quick. */
  readonly #soon = (): void => queueMicrotask(this.#send);

  readonly #send = (): void => {
    const waiting = this.#waiting;
    const withTtl = this.#withTtl;
    this.#waiting = [];
    this.#withTtl = false;
    // a key that is wanted twice would be granted a lease and then be held: the second asks by itself
    const again = waiting.length > 1 ? later(waiting) : [];
    const first = again.length === 0 ? waiting : waiting.filter((one) => !again.includes(one));
    void this.#answer(first, withTtl);
    for (const one of again) void this.#answer([one], withTtl);
  };

  async #answer(waiting: readonly Waiting<T>[], withTtl: boolean): Promise<void> {
    const keys = waiting.map(({ key }) => key);
    const fetched = await this.#fetchAll(keys, withTtl);
    for (let i = 0; i < waiting.length; i++) waiting[i]?.resolve(fetched?.[i]);
  }
}

/** Those whose key somebody before them wants as well. */
function later<T>(waiting: readonly Waiting<T>[]): Waiting<T>[] {
  const seen = new Set<string>();
  return waiting.filter(({ key }) => seen.size === seen.add(key).size);
}
