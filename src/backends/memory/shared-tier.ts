import { CachectlError } from '../../base/errors.ts';
import type { GetOptions, Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import type { MemoryFenced } from './fenced.ts';
import type { MemoryTier } from './tier.ts';

/** One cache's connection to a store in this process that several caches share, as they would a server. */
export class SharedMemoryTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  readonly fenced: MemoryFenced;
  readonly #tier: MemoryTier;
  #closed = false;

  /** @param tier stays open when this is closed: others use it */
  constructor(tier: MemoryTier, fenced: MemoryFenced, name: string) {
    this.name = name;
    this.capabilities = { ...tier.capabilities, shared: true };
    this.fenced = fenced;
    this.#tier = tier;
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    return this.#open().get(key, options);
  }

  async getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    return this.#open().getMany(keys, options);
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    return this.#open().set(key, value, ttlMs);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    return this.#open().setMany(entries);
  }

  async delete(key: TierKey): Promise<boolean> {
    return this.#open().delete(key);
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    return this.#open().deleteMany(keys);
  }

  async deletePrefix(prefix: string): Promise<number> {
    return this.#open().deletePrefix(prefix);
  }

  async stats(): Promise<TierStats> {
    return this.#open().stats();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.fenced.close();
  }

  #open(): MemoryTier {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.name}: the tier is closed`);
    return this.#tier;
  }
}
