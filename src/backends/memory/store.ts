import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { LocalAccess } from '../tier.ts';
import { EntryTable } from './eviction/entry-table.ts';
import type { Bounds, Eviction } from './eviction/eviction.ts';
import {
  DEFAULT_EVICTION,
  type EvictionFactory,
  evictionFactory,
  type EvictionName,
} from './eviction/registry.ts';
import { MemoryScope, type ScopedStore } from './scope.ts';
import { compact, Slot, type SlotHome } from './slot.ts';

/** What an entry costs besides its key and value: map slot, slot object, columns, sketch. Measured on Node 20: 155 to 193. */
const ENTRY_OVERHEAD_BYTES = 192;

export interface MemoryBounds {
  /** At most this many entries, 1 or more; 16,777,215 when it is more than that. Default 100,000. */
  readonly maxEntries?: number | undefined;
  /** At most this many bytes of keys, values and overhead. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface MemoryStoreOptions extends MemoryBounds {
  /** Which entry goes when there is no room. Default `w-tinylfu`. */
  readonly eviction?: EvictionName | undefined;
}

/** A Map takes no more. */
const MOST_ENTRIES = 2 ** 24 - 1;

export const DEFAULT_MAX_ENTRIES = 100_000;
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

/** Entries in this process, bounded by count and by bytes. */
export class MemoryStore implements LocalAccess, ScopedStore {
  readonly maxBytes: number;
  readonly #maxEntries: number;
  readonly #clock: Clock;
  readonly #factory: EvictionFactory;
  /** What no scope has. */
  readonly #rest = new MemoryScope(this, '');
  readonly #scopes: MemoryScope[] = [];
  #table!: EntryTable;
  #eviction!: Eviction;
  /** By entry number. */
  #slots: (Slot | undefined)[] = [];
  #entries = 0;
  #usedBytes = 0;
  evictions = 0;
  expirations = 0;

  /** @throws CachectlError `BAD_USAGE` when a bound is out of range or the eviction policy unknown */
  constructor(options: MemoryStoreOptions, clock: Clock) {
    const { maxEntries, maxBytes } = requireBounds(options);
    this.maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
    this.#clock = clock;
    this.#factory = evictionFactory(options.eviction ?? DEFAULT_EVICTION);
    this.clear();
  }

  scope(prefix: string): MemoryScope {
    const known = this.#scopes.find((one) => one.prefix === prefix);
    if (known !== undefined) return known;
    if (this.#entries > 0) {
      throw new CachectlError('BAD_USAGE', `memory: '${prefix}' comes too late, there are entries already`);
    }
    const scope = new MemoryScope(this, prefix);
    this.#scopes.push(scope);
    return scope;
  }

  read(key: string, nowMs?: number): Slot | undefined {
    const { scope, rest } = this.#locate(key);
    return scope.read(rest, nowMs);
  }

  write(key: string, value: Uint8Array, ttlMs?: number, memo?: unknown): boolean {
    const { scope, rest } = this.#locate(key);
    return scope.write(rest, value, ttlMs, memo);
  }

  drop(key: string): boolean {
    const { scope, rest } = this.#locate(key);
    return scope.drop(rest);
  }

  use(slot: Slot, nowMs: number | undefined): Slot | undefined {
    if (slot.expiresAt !== Infinity && slot.expiresAt <= (nowMs ?? this.#clock.nowMs())) {
      this.#expire(slot);
      return undefined;
    }
    this.#eviction.use(slot.entry);
    return slot;
  }

  put(home: SlotHome, key: string, value: Uint8Array, ttlMs: number | undefined, memo: unknown): boolean {
    const bytes = ENTRY_OVERHEAD_BYTES + home.prefix.length + key.length + value.byteLength;
    const isOver = bytes > this.maxBytes;
    if (isOver || (ttlMs !== undefined && ttlMs <= 0)) {
      const dropped = home.slots.get(key);
      if (dropped !== undefined) this.remove(dropped);
      return !isOver;
    }
    const expiresAt = ttlMs === undefined ? Infinity : this.#clock.nowMs() + ttlMs;
    const old = home.slots.get(key);
    const entry = old?.entry ?? this.#admit(key, bytes, expiresAt);
    // A new slot: a reader that has the old one may put a memo of the old value into it.
    const slot = new Slot({ home, key, entry }, compact(value), expiresAt, memo, this.#clock);
    home.slots.set(key, slot);
    this.#slots[entry] = slot;
    if (old !== undefined) this.#overwritten(entry, bytes, expiresAt);
    return true;
  }

  remove(slot: Slot): boolean {
    if (slot.expiresAt <= this.#clock.nowMs()) {
      this.#expire(slot);
      return false;
    }
    this.#take(slot);
    return true;
  }

  /** Drops every entry whose key begins so; returns how many there were. */
  dropPrefix(prefix: string): number {
    let dropped = 0;
    for (const scope of [this.#rest, ...this.#scopes]) {
      for (const slot of scope.slots.values()) {
        if (`${scope.prefix}${slot.key}`.startsWith(prefix) && this.remove(slot)) dropped++;
      }
    }
    return dropped;
  }

  clear(): void {
    for (const scope of [this.#rest, ...this.#scopes]) scope.slots.clear();
    this.#slots = [];
    this.#entries = 0;
    this.#usedBytes = 0;
    this.#table = new EntryTable();
    this.#eviction = this.#factory(this.#table, { maxEntries: this.#maxEntries, maxBytes: this.maxBytes });
  }

  get entries(): number {
    return this.#entries;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  #locate(key: string): { scope: MemoryScope; rest: string } {
    const scope = this.#scopes.find(({ prefix }) => key.startsWith(prefix));
    return scope === undefined
      ? { scope: this.#rest, rest: key }
      : { scope, rest: key.slice(scope.prefix.length) };
  }

  /** Makes room for a new entry, and gives it its number. */
  #admit(key: string, bytes: number, expiresAt: number): number {
    while (this.#entries >= this.#maxEntries || this.#usedBytes + bytes > this.maxBytes) this.#evict(bytes);
    const entry = this.#table.allot();
    this.#table.setBytes(entry, bytes);
    this.#table.setExpiresAt(entry, expiresAt);
    this.#entries++;
    this.#usedBytes += bytes;
    this.#eviction.add(entry, key);
    return entry;
  }

  #overwritten(entry: number, bytes: number, expiresAt: number): void {
    this.#usedBytes += bytes - this.#table.bytes(entry);
    this.#table.setExpiresAt(entry, expiresAt);
    this.#eviction.resize(entry, bytes);
    this.#eviction.use(entry);
    while (this.#usedBytes > this.maxBytes) this.#evict(0);
  }

  #evict(incomingBytes: number): void {
    const nowMs = this.#clock.nowMs();
    const entry = this.#eviction.victim(incomingBytes, nowMs);
    if (this.#table.expiresAt(entry) <= nowMs) this.expirations++;
    else this.evictions++;
    this.#take(this.#slots[entry]!);
  }

  #expire(slot: Slot): void {
    this.expirations++;
    this.#take(slot);
  }

  #take({ home, key, entry }: Slot): void {
    home.slots.delete(key);
    this.#slots[entry] = undefined;
    this.#eviction.remove(entry);
    this.#entries--;
    this.#usedBytes -= this.#table.bytes(entry);
    this.#table.release(entry);
  }
}

function requireBounds(bounds: MemoryBounds): Bounds {
  const { maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = DEFAULT_MAX_BYTES } = bounds;
  if (!(maxEntries >= 1) || !(maxBytes >= 1)) {
    throw new CachectlError(
      'BAD_USAGE',
      `bounds of ${maxEntries} entries and ${maxBytes} bytes: each must be 1 or more`,
    );
  }
  return { maxEntries: Math.min(Math.floor(maxEntries), MOST_ENTRIES), maxBytes };
}
