import { CachectlError } from '../../base/errors.ts';
import { keyBytes } from '../keys.ts';
import type { TierKey } from '../tier-entry.ts';
import { Ring } from './ring.ts';

/** The servers that share the keys, each reached by a `T`. */
export class Servers<T extends object> {
  readonly all: readonly T[];
  readonly #ring: Ring;

  /** @param names of the servers, in the order of `all`: what is hashed on the ring */
  constructor(all: readonly T[], names: readonly string[]) {
    this.all = all;
    this.#ring = new Ring(names);
  }

  /** The one that holds the key. */
  of(key: TierKey): T {
    const owner =
      this.all.length === 1 ? 0 : this.#ring.ownerOf(typeof key === 'string' ? key : keyBytes(key));
    const server = this.all[owner];
    if (server === undefined) throw new CachectlError('BAD_USAGE', 'memcached: no server is named');
    return server;
  }

  /** The items by server, each with its place in the list. */
  group<I>(
    items: readonly I[],
    keyOf: (item: I) => TierKey,
  ): Map<T, { readonly at: number; readonly item: I }[]> {
    const groups = new Map<T, { at: number; item: I }[]>();
    for (const [at, item] of items.entries()) {
      const server = this.of(keyOf(item));
      const group = groups.get(server);
      if (group === undefined) groups.set(server, [{ at, item }]);
      else group.push({ at, item });
    }
    return groups;
  }

  /** Asks all servers at once, each about its items; the answers are in the order of the items. Rejects when all have settled. */
  async map<I, O>(
    items: readonly I[],
    keyOf: (item: I) => TierKey,
    ask: (server: T, items: readonly I[]) => Promise<readonly O[]>,
  ): Promise<O[]> {
    const answers = Array.from<O>({ length: items.length });
    const asked = [...this.group(items, keyOf)].map(async ([server, group]) => {
      const given = await ask(
        server,
        group.map(({ item }) => item),
      );
      for (const [i, { at }] of group.entries()) answers[at] = given[i] as O;
    });
    for (const outcome of await Promise.allSettled(asked)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    return answers;
  }
}
