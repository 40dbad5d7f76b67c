import type { LoadPath } from './load-path.ts';
import type { EngineParts } from './parts.ts';
import type { Router } from './policies.ts';
import type { Wanted } from './reading.ts';
import { loadOne, requestOf } from './request.ts';
import type { Successors } from './successors.ts';

/** Loads what is likely to be read next. */
export interface Prefetch {
  /** A key was read. Must cost next to nothing where nothing is to be prefetched. */
  onRead(wanted: Wanted): void;
}

export const noPrefetch: Prefetch = { onRead: () => {} };

/** Loads ahead that are under way at once; what comes on top is left out. */
const MOST_AT_ONCE = 32;

/** Loads the keys that a policy declares to follow one that was read, or that were learnt to. */
export class Prefetcher implements Prefetch {
  readonly #parts: EngineParts;
  readonly #router: Router;
  readonly #loads: LoadPath;
  readonly #learned: Successors | undefined;
  readonly #underWay = new Set<string>();

  constructor(parts: EngineParts, router: Router, loads: LoadPath, learned: Successors | undefined) {
    this.#parts = parts;
    this.#router = router;
    this.#loads = loads;
    this.#learned = learned;
  }

  onRead({ key, route }: Wanted): void {
    for (const next of route.followersOf(key)) this.#ahead(next);
    if (this.#learned === undefined) return;
    this.#learned.observe(key);
    for (const next of this.#learned.likely(key)) this.#ahead(next);
  }

  #ahead(key: string): void {
    const { near, closing } = this.#parts;
    const route = this.#router.of(key);
    if (route.load === undefined || closing.aborted || near.holds(route, key)) return;
    if (this.#underWay.size >= MOST_AT_ONCE || this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const wanted = { key, route };
    this.#loads
      .lookOrLoad([wanted], requestOf(loadOne(route.load), undefined, wanted))
      .catch(() => {}) // who reads the key is told
      .finally(() => this.#underWay.delete(key));
  }
}
