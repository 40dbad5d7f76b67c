import { CachectlError } from '../../base/errors.ts';
import { checkKeySize, checkValueSize, keyText } from '../keys.ts';
import type { GetOptions, Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import type { MemoryStore } from './store.ts';

/** The tier in this process. Its own callers may use {@link MemoryTier.local} and wait for nothing. */
export class MemoryTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  readonly local: MemoryStore;
  #closed = false;

  constructor(store: MemoryStore, name: string) {
    this.name = name;
    this.local = store;
    this.capabilities = {
      ttlResolutionMs: 1,
      reportsTtl: true,
      maxKeyBytes: Infinity,
      maxValueBytes: Math.floor(store.maxBytes / 2),
      enumerates: true,
      shared: false,
      persistent: false,
    };
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    this.#checkOpen();
    const slot = this.local.read(keyText(key));
    if (slot === undefined) return undefined;
    return options?.withTtl === true ? { value: slot.value, ttlMs: slot.ttlMs } : { value: slot.value };
  }

  getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key, options)));
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    this.#checkOpen();
    const text = keyText(key);
    checkKeySize(this.name, key, text.length, this.capabilities.maxKeyBytes);
    checkValueSize(this.name, key, value.byteLength, this.capabilities.maxValueBytes);
    this.local.write(text, value, ttlMs);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    await Promise.all(entries.map((entry) => this.set(entry.key, entry.value, entry.ttlMs)));
  }

  async delete(key: TierKey): Promise<boolean> {
    this.#checkOpen();
    return this.local.drop(keyText(key));
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    this.#checkOpen();
    return keys.filter((key) => this.local.drop(keyText(key))).length;
  }

  async deletePrefix(prefix: string): Promise<number> {
    this.#checkOpen();
    return this.local.dropPrefix(prefix);
  }

  async stats(): Promise<TierStats> {
    this.#checkOpen();
    const { entries, usedBytes, maxBytes, evictions, expirations } = this.local;
    return { entries, usedBytes, limitBytes: maxBytes, evictions, expirations };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.local.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.name}: the tier is closed`);
  }
}
