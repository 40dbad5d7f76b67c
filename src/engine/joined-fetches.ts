import type { Fetched } from '../backends/fenced.ts';

interface Waiting {
  readonly key: string;
  readonly resolve: (fetched: Fetched | undefined) => void;
}

/** How the keys are fetched; undefined when the tier fails or is left alone. */
export type FetchAll = (keys: readonly string[]) => Promise<readonly Fetched[] | undefined>;

/**
 * Makes one call of the fetches that callers begin at the same time. Answers that arrive together let their callers
 * go on together, so what these want next is wanted at once: one command for all of it costs client and server a
 * fraction of one for each.
 */
export class JoinedFetches {
  readonly #fetchAll: FetchAll;
  #waiting: Waiting[] = [];

  constructor(fetchAll: FetchAll) {
    this.#fetchAll = fetchAll;
  }

  fetch(key: string): Promise<Fetched | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ key, resolve });
      if (this.#waiting.length === 1) queueMicrotask(this.#soon);
    });
  }

  /** One more round of microtasks: callers that were woken together are not all equally quick. */
  readonly #soon = (): void => queueMicrotask(this.#send);

  readonly #send = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    const keys = waiting.map(({ key }) => key);
    // a key that is wanted twice would be granted a lease and then be held: the second asks by itself
    const again = waiting.length > 1 && new Set(keys).size < keys.length ? later(waiting) : [];
    const first = again.length === 0 ? waiting : waiting.filter((one) => !again.includes(one));
    void this.#answer(first);
    for (const one of again) void this.#answer([one]);
  };

  async #answer(waiting: readonly Waiting[]): Promise<void> {
    const fetched = await this.#fetchAll(waiting.map(({ key }) => key));
    for (const [i, { resolve }] of waiting.entries()) resolve(fetched?.[i]);
  }
}

/** Those whose key somebody before them wants as well. */
function later(waiting: readonly Waiting[]): Waiting[] {
  const seen = new Set<string>();
  return waiting.filter(({ key }) => {
    const isAgain = seen.has(key);
    seen.add(key);
    return isAgain;
  });
}
