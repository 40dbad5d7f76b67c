import type { Clock } from '../../src/base/clock.ts';
import { openMemory } from '../../src/backends/memory/open.ts';
import type { Tier } from '../../src/backends/tier.ts';
import type { TierEntry, TierHit, TierKey } from '../../src/backends/tier-entry.ts';

/** A tier that the engine sees as a server's: no local access, and each call can be held up or made to fail. */
export interface RemoteTier extends Tier {
  /** Called before each operation; what it throws, the operation rejects with; what it waits for, it waits for. */
  before: (operation: string, keys: readonly TierKey[]) => Promise<void> | void;
  readonly calls: string[];
}

export function remoteTier(name: string, clock: Clock): RemoteTier {
  const { tier } = openMemory({ name, clock });
  const calls: string[] = [];
  const { local: _hidden, ...rest } = tier as Tier & { local: unknown };
  const remote: RemoteTier = {
    ...rest,
    name,
    capabilities: { ...tier.capabilities, shared: true },
    before: () => {},
    calls,
    get: (key, options): Promise<TierHit | undefined> => on('get', [key], () => tier.get(key, options)),
    getMany: (keys, options) => on('getMany', keys, () => tier.getMany(keys, options)),
    set: (key, value, ttlMs) => on('set', [key], () => tier.set(key, value, ttlMs)),
    setMany: (entries: readonly TierEntry[]) =>
      on(
        'setMany',
        entries.map(({ key }) => key),
        () => tier.setMany(entries),
      ),
    delete: (key) => on('delete', [key], () => tier.delete(key)),
    deleteMany: (keys) => on('deleteMany', keys, () => tier.deleteMany(keys)),
    deletePrefix: (prefix) => tier.deletePrefix(prefix),
    stats: () => tier.stats(),
    close: () => tier.close(),
  };
  async function on<T>(operation: string, keys: readonly TierKey[], act: () => Promise<T>): Promise<T> {
    calls.push(operation);
    await remote.before(operation, keys);
    return act();
  }
  return remote;
}

/** A door that stays shut until it is opened: to hold something up in a test. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
