import type { Dependencies } from './cache.ts';
import { type Key, keyString } from './keys.ts';

/**
 * What depends on what, by the text of keys. It is known to this process only: an invalidation that is made here
 * takes the dependants along wherever they are cached, so each instance that invalidates declares what it knows.
 *
 * It has no bound, because to forget a dependency is to serve a stale value: it holds what was added and not removed,
 * up to 500 bytes for each pair of keys. Where each of very many keys would need its own, a tag is cheaper.
 */
export class DependencyGraph implements Dependencies {
  readonly #dependants = new Map<string, Set<string>>();
  readonly #sources = new Map<string, Set<string>>();

  /** Adds to what is known of the key. */
  add(key: Key, sources: readonly Key[]): void {
    const dependant = keyString(key);
    for (const source of sources.map(keyString)) {
      link(this.#dependants, source, dependant);
      link(this.#sources, dependant, source);
    }
  }

  /** Forgets what the key is made of; what is made of it still is. */
  remove(key: Key): void {
    const dependant = keyString(key);
    for (const source of this.#sources.get(dependant) ?? []) {
      const dependants = this.#dependants.get(source);
      dependants?.delete(dependant);
      if (dependants?.size === 0) this.#dependants.delete(source);
    }
    this.#sources.delete(dependant);
  }

  /** The keys and all that depends on them, however indirectly: each once, what is nearer to the given ones first. */
  closure(keys: Iterable<string>): string[] {
    const fallen = new Set(keys);
    if (this.#dependants.size === 0) return [...fallen];
    // A set that grows while it is gone through hands out what was added, in that order.
    for (const key of fallen) {
      for (const dependant of this.#dependants.get(key) ?? []) fallen.add(dependant);
    }
    return [...fallen];
  }

  /** Number of keys that are known of, as dependants or as sources. */
  get size(): number {
    return new Set([...this.#dependants.keys(), ...this.#sources.keys()]).size;
  }
}

function link(links: Map<string, Set<string>>, from: string, to: string): void {
  const known = links.get(from);
  if (known === undefined) links.set(from, new Set([to]));
  else known.add(to);
}
