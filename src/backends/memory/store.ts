import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import type { LocalAccess, LocalSlot } from '../tier.ts';

/** What an entry costs besides its key and value: map slot, list links, slot object. Measured on Node 20. */
const ENTRY_OVERHEAD_BYTES = 160;

export interface MemoryBounds {
  /** At most this many entries. Default 100,000. */
  readonly maxEntries?: number | undefined;
  /** At most this many bytes of keys, values and overhead. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

export const DEFAULT_MAX_ENTRIES = 100_000;
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

class Slot implements LocalSlot {
  readonly value: Uint8Array;
  readonly expiresAt: number;
  readonly #clock: Clock;
  memo: unknown = undefined;

  constructor(value: Uint8Array, expiresAt: number, clock: Clock) {
    this.value = value;
    this.expiresAt = expiresAt;
    this.#clock = clock;
  }

  get ttlMs(): number | undefined {
    return this.expiresAt === Infinity ? undefined : this.expiresAt - this.#clock.nowMs();
  }
}

/** Entries in this process, least recently used ones dropped first, bounded by count and by bytes. */
export class MemoryStore implements LocalAccess {
  readonly maxBytes: number;
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Slot>;
  evictions = 0;
  expirations = 0;

  constructor(bounds: MemoryBounds, clock: Clock) {
    this.maxBytes = bounds.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#clock = clock;
    this.#entries = new LRUCache({
      max: bounds.maxEntries ?? DEFAULT_MAX_ENTRIES,
      maxSize: this.maxBytes,
      sizeCalculation: (slot, key) => ENTRY_OVERHEAD_BYTES + key.length + slot.value.byteLength,
      dispose: (_slot, _key, reason) => {
        if (reason === 'evict') this.evictions++;
      },
    });
  }

  read(key: string): Slot | undefined {
    const slot = this.#entries.get(key);
    if (slot === undefined) return undefined;
    if (slot.expiresAt === Infinity || slot.expiresAt > this.#clock.nowMs()) return slot;
    this.#entries.delete(key);
    this.expirations++;
    return undefined;
  }

  write(key: string, value: Uint8Array, ttlMs?: number): boolean {
    if (ttlMs !== undefined && ttlMs <= 0) {
      this.#entries.delete(key);
      return true;
    }
    const expiresAt = ttlMs === undefined ? Infinity : this.#clock.nowMs() + ttlMs;
    this.#entries.set(key, new Slot(compact(value), expiresAt, this.#clock));
    return ENTRY_OVERHEAD_BYTES + key.length + value.byteLength <= this.maxBytes;
  }

  drop(key: string): boolean {
    return this.read(key) !== undefined && this.#entries.delete(key);
  }

  dropPrefix(prefix: string): number {
    let dropped = 0;
    for (const key of [...this.#entries.keys()]) {
      if (key.startsWith(prefix) && this.drop(key)) dropped++;
    }
    return dropped;
  }

  clear(): void {
    this.#entries.clear();
  }

  get entries(): number {
    return this.#entries.size;
  }

  get usedBytes(): number {
    return this.#entries.calculatedSize;
  }
}

/** Memory that a value may keep alive beyond itself, in bytes: Node cuts small buffers out of blocks of 8 KiB. */
const SHARED_BLOCK_BYTES = 16 * 1024;

/** A copy, where the value is a small part of a large buffer, as what came from a socket is: it would keep all of that. */
function compact(value: Uint8Array): Uint8Array {
  const { byteLength } = value.buffer;
  return byteLength > SHARED_BLOCK_BYTES && byteLength > 2 * value.byteLength ? new Uint8Array(value) : value;
}
