import type {
  Fetched,
  FetchOptions,
  FencedAccess,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
  Announced,
} from '../backends/fenced.ts';
import type { Tier } from '../backends/tier.ts';
import type { TierEntry } from '../backends/tier-entry.ts';

const NOBODY_ELSE: Lease = { state: 'granted', token: '' };
const UNHEARD = { audience: undefined };

/**
 * A tier without leases, used as if it had them: everybody is granted one, and none is ever void. What the fence
 * of this process cannot see, such a tier cannot keep apart: a load in another process that began before an
 * invalidation may still be stored after it.
 */
export class PlainAccess implements FencedAccess {
  readonly #tier: Tier;

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  async fetch(key: string, _leaseMs: number, { withTtl = true }: FetchOptions = {}): Promise<Fetched> {
    const hit = await this.#tier.get(key, { withTtl });
    return hit === undefined ? NOBODY_ELSE : { state: 'hit', hit };
  }

  async fetchMany(
    keys: readonly string[],
    _leaseMs: number,
    { withTtl = true }: FetchOptions = {},
  ): Promise<Fetched[]> {
    const hits = await this.#tier.getMany(keys, { withTtl });
    return hits.map((hit) => (hit === undefined ? NOBODY_ELSE : { state: 'hit', hit }));
  }

  async acquire(): Promise<Lease> {
    return NOBODY_ELSE;
  }

  async fill(entries: readonly LeasedEntry[]): Promise<boolean[]> {
    await this.store(entries);
    return entries.map(() => true);
  }

  async renew(): Promise<string> {
    return '';
  }

  async release(): Promise<void> {}

  async invalidate(keys: readonly string[]): Promise<Invalidated> {
    return { ...UNHEARD, removed: await this.#tier.deleteMany(keys) };
  }

  async store(entries: readonly TierEntry[]): Promise<Announced> {
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) await this.#tier.set(only.key, only.value, only.ttlMs);
    else await this.#tier.setMany(entries);
    return UNHEARD;
  }

  async claim(keys: readonly string[]): Promise<HeldLease[]> {
    await this.#tier.deleteMany(keys);
    return keys.map((key) => ({ key, token: '' }));
  }

  async settle(entries: readonly LeasedEntry[]): Promise<Settled> {
    await this.store(entries);
    return { ...UNHEARD, stored: entries.map(() => true) };
  }
}
