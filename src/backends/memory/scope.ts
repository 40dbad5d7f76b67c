import type { LocalAccess } from '../tier.ts';
import type { Slot, SlotHome } from './slot.ts';

/** What a scope asks of its store. */
export interface ScopedStore {
  scope(prefix: string): LocalAccess;
  /** The slot, when it is live, noted as used. */
  use(slot: Slot, nowMs: number | undefined): Slot | undefined;
  /** As {@link LocalAccess.write}. */
  put(home: SlotHome, key: string, value: Uint8Array, ttlMs: number | undefined, memo: unknown): boolean;
  /** Whether it was live. */
  remove(slot: Slot): boolean;
}

/**
 * The entries of a store whose keys begin alike, by the rest of their keys: who always asks under the same prefix
 * need not put it before each key, which would cost more than the look-up.
 */
export class MemoryScope implements LocalAccess, SlotHome {
  readonly prefix: string;
  readonly slots: Map<string, Slot> = new Map();
  readonly #store: ScopedStore;

  constructor(store: ScopedStore, prefix: string) {
    this.#store = store;
    this.prefix = prefix;
  }

  scope(prefix: string): LocalAccess {
    return this.#store.scope(this.prefix + prefix);
  }

  read(key: string, nowMs?: number): Slot | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? undefined : this.#store.use(slot, nowMs);
  }

  write(key: string, value: Uint8Array, ttlMs?: number, memo?: unknown): boolean {
    return this.#store.put(this, key, value, ttlMs, memo);
  }

  drop(key: string): boolean {
    const slot = this.slots.get(key);
    return slot !== undefined && this.#store.remove(slot);
  }
}
