import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Audience, Notice } from '../bus.ts';
import type {
  Announced,
  FailureNote,
  FencedAccess,
  Fetched,
  FetchOptions,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
} from '../fenced.ts';
import { keyText } from '../keys.ts';
import type { TierEntry } from '../tier-entry.ts';
import type { MemoryStore } from './store.ts';

/** At most so many leases and notes are kept; the least recently used falls off, and is void then. */
const MAX_LEASES = 100_000;

type Guard =
  | { readonly token: string; readonly until: number }
  | { readonly message: string; readonly until: number };

/** Leases and notes of failure of a store in this process, and tokens for them. */
export class MemoryGuards {
  readonly #clock: Clock;
  readonly #guards: LRUCache<string, Guard>;
  readonly #origin = randomBytes(6).toString('base64url');
  #granted = 0;

  constructor(clock: Clock, most: number = MAX_LEASES) {
    this.#clock = clock;
    this.#guards = new LRUCache({ max: most });
  }

  grant(key: string, forMs: number): string {
    const token = `${this.#origin}${(this.#granted++).toString(36)}`;
    this.#set(key, { token, until: this.#until(forMs) });
    return token;
  }

  ask(key: string, leaseMs: number): Lease {
    const guard = this.#live(key);
    if (guard === undefined) return { state: 'granted', token: this.grant(key, leaseMs) };
    if ('token' in guard) return { state: 'held' };
    return { state: 'failed', message: guard.message, forMs: guard.until - this.#clock.nowMs() };
  }

  holds({ key, token }: HeldLease): boolean {
    const guard = this.#live(key);
    return guard !== undefined && 'token' in guard && guard.token === token;
  }

  renew(lease: HeldLease, forMs: number): boolean {
    if (!this.holds(lease)) return false;
    this.#set(lease.key, { token: lease.token, until: this.#until(forMs) });
    return true;
  }

  note(key: string, { message, forMs }: FailureNote): void {
    this.#set(key, { message, until: this.#until(forMs) });
  }

  drop(key: string): void {
    this.#guards.delete(key);
  }

  #until(forMs: number): number {
    return this.#clock.nowMs() + forMs;
  }

  #set(key: string, guard: Guard): void {
    this.#guards.set(key, guard);
  }

  #live(key: string): Guard | undefined {
    const guard = this.#guards.get(key);
    if (guard === undefined || guard.until > this.#clock.nowMs()) return guard;
    this.#guards.delete(key);
    return undefined;
  }
}

/** Fenced access to a store in this process: each call happens within one turn, so it is atomic by itself. */
export class MemoryFenced implements FencedAccess {
  readonly #store: MemoryStore;
  readonly #guards: MemoryGuards;
  readonly #announce: (notice: Notice) => Audience | undefined;
  #closed = false;

  /** @param announce publishes at once where the notice's bus is on the same store; otherwise answers undefined */
  constructor(store: MemoryStore, guards: MemoryGuards, announce: (notice: Notice) => Audience | undefined) {
    this.#store = store;
    this.#guards = guards;
    this.#announce = announce;
  }

  async fetch(key: string, leaseMs: number, options?: FetchOptions): Promise<Fetched> {
    this.#checkOpen();
    return this.#fetch(key, leaseMs, options);
  }

  async fetchMany(keys: readonly string[], leaseMs: number, options?: FetchOptions): Promise<Fetched[]> {
    this.#checkOpen();
    return keys.map((key) => this.#fetch(key, leaseMs, options));
  }

  async acquire(key: string, leaseMs: number): Promise<Lease> {
    this.#checkOpen();
    return this.#guards.ask(key, leaseMs);
  }

  async fill(entries: readonly LeasedEntry[]): Promise<boolean[]> {
    this.#checkOpen();
    return entries.map((entry) => this.#guards.holds(entry) && this.#put(entry));
  }

  async renew(key: string, token: string, leaseMs: number): Promise<string | undefined> {
    this.#checkOpen();
    return this.#guards.renew({ key, token }, leaseMs) ? token : undefined;
  }

  async release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void> {
    this.#checkOpen();
    for (const lease of leases) {
      if (!this.#guards.holds(lease)) continue;
      if (failure === undefined) this.#guards.drop(lease.key);
      else this.#guards.note(lease.key, failure);
    }
  }

  async invalidate(keys: readonly string[], notice?: Notice): Promise<Invalidated> {
    this.#checkOpen();
    const removed = keys.filter((key) => this.#drop(key)).length;
    return { removed, audience: this.#tell(keys, notice) };
  }

  async store(entries: readonly TierEntry[], notice?: Notice): Promise<Announced> {
    this.#checkOpen();
    for (const entry of entries) this.#put(entry);
    return { audience: this.#tell(entries, notice) };
  }

  async claim(keys: readonly string[], leaseMs: number): Promise<HeldLease[]> {
    this.#checkOpen();
    return keys.map((key) => {
      this.#drop(key);
      return { key, token: this.#guards.grant(key, leaseMs) };
    });
  }

  async settle(entries: readonly LeasedEntry[], notice?: Notice): Promise<Settled> {
    this.#checkOpen();
    const stored = entries.map((entry) => {
      if (this.#guards.holds(entry)) return this.#put(entry);
      this.#drop(entry.key);
      return false;
    });
    return { stored, audience: this.#tell(entries, notice) };
  }

  close(): void {
    this.#closed = true;
  }

  #fetch(key: string, leaseMs: number, { withTtl = true }: FetchOptions = {}): Fetched {
    const slot = this.#store.read(key);
    if (slot === undefined) return this.#guards.ask(key, leaseMs);
    // it costs nothing here, but who did not ask for it is not to rely on it
    return { state: 'hit', hit: withTtl ? { value: slot.value, ttlMs: slot.ttlMs } : { value: slot.value } };
  }

  #put({ key, value, ttlMs }: TierEntry): boolean {
    const text = keyText(key);
    this.#guards.drop(text);
    this.#store.write(text, value, ttlMs);
    return true;
  }

  #drop(key: string): boolean {
    this.#guards.drop(key);
    return this.#store.drop(key);
  }

  #tell(changed: readonly unknown[], notice: Notice | undefined): Audience | undefined {
    return notice === undefined || changed.length === 0 ? undefined : this.#announce(notice);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the tier is closed');
  }
}
