import type { ToyBug } from './toy-bugs.ts';

export interface ToyValue {
  readonly value: unknown;
  readonly tags: readonly string[];
  readonly incarnation: number;
  /** Number of the last invalidation when the value began to be read. */
  readonly epoch: number;
  readonly expiresMs: number;
}

export type ToyFetch =
  | { readonly state: 'hit'; readonly entry: ToyValue }
  | {
      readonly state: 'granted';
      readonly token: number;
      readonly epoch: number;
      readonly incarnation: number;
    }
  | { readonly state: 'held' }
  | { readonly state: 'failed'; readonly message: string };

interface Lease {
  readonly token: number;
  readonly endsMs: number;
  readonly failure?: string;
}

/** The server of the toy cache: entries, leases and a ledger, each call one atomic step. */
export class ToyStore {
  readonly #entries = new Map<string, ToyValue>();
  readonly #leases = new Map<string, Lease>();
  readonly #tags = new Map<string, number>();
  readonly #patterns = new Map<string, number>();
  readonly #bugs: ReadonlySet<ToyBug>;
  readonly #nowMs: () => number;
  #incarnation = 1;
  #epoch = 1;
  #token = 0;

  constructor(nowMs: () => number, bugs: ReadonlySet<ToyBug>) {
    this.#nowMs = nowMs;
    this.#bugs = bugs;
  }

  /** The entry if it is valid; nobody is granted anything. */
  look(key: string): ToyValue | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isValid(key, entry) ? entry : undefined;
  }

  fetch(key: string, leaseMs: number, tags: readonly string[]): ToyFetch {
    for (const tag of tags) this.#tagEpoch(tag);
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#isValid(key, entry)) {
      if (this.#bugs.has('reads-extend')) {
        this.#entries.set(key, { ...entry, expiresMs: this.#nowMs() + 1000 });
      }
      return { state: 'hit', entry };
    }
    const lease = this.#leases.get(key);
    if (lease !== undefined && lease.endsMs > this.#nowMs()) {
      return lease.failure === undefined ? { state: 'held' } : { state: 'failed', message: lease.failure };
    }
    return this.#grant(key, leaseMs);
  }

  fill(key: string, token: number, entry: ToyValue): boolean {
    if (!this.#bugs.has('fills-without-lease') && !this.#holds(key, token)) return false;
    this.#leases.delete(key);
    this.#entries.set(key, entry);
    return true;
  }

  fail(key: string, token: number, message: string, forMs: number): void {
    if (this.#holds(key, token)) {
      this.#leases.set(key, { token: -1, endsMs: this.#nowMs() + forMs, failure: message });
    }
  }

  invalidate(keys: readonly string[]): void {
    for (const key of keys) {
      this.#entries.delete(key);
      if (!this.#bugs.has('keeps-leases')) this.#leases.delete(key);
    }
  }

  claim(key: string, leaseMs: number, tags: readonly string[]): Extract<ToyFetch, { state: 'granted' }> {
    for (const tag of tags) this.#tagEpoch(tag);
    this.#entries.delete(key);
    return this.#grant(key, leaseMs);
  }

  settle(key: string, token: number, entry: ToyValue): void {
    if (this.#bugs.has('settles-blindly') || this.#holds(key, token)) this.#entries.set(key, entry);
    else this.#entries.delete(key);
    this.#leases.delete(key);
  }

  advance(change: { tag?: string; pattern?: string; all?: boolean }): void {
    this.#epoch++;
    if (change.tag !== undefined) this.#tags.set(change.tag, this.#epoch);
    if (change.pattern !== undefined && !this.#bugs.has('ignores-patterns')) {
      this.#patterns.set(change.pattern, this.#epoch);
    }
    if (change.all === true) this.#incarnation++;
  }

  lose(kind: 'entry' | 'tags' | 'ledger' | 'all', key: string): void {
    if (kind === 'entry') this.#entries.delete(key);
    if (kind === 'tags' || kind === 'all') this.#tags.clear();
    if (kind === 'ledger' || kind === 'all') {
      this.#incarnation++;
      this.#patterns.clear();
    }
    if (kind !== 'all') return;
    this.#entries.clear();
    this.#leases.clear();
  }

  #grant(key: string, leaseMs: number): Extract<ToyFetch, { state: 'granted' }> {
    const token = ++this.#token;
    this.#leases.set(key, { token, endsMs: this.#nowMs() + leaseMs });
    return { state: 'granted', token, epoch: this.#epoch, incarnation: this.#incarnation };
  }

  #holds(key: string, token: number): boolean {
    const lease = this.#leases.get(key);
    return lease?.token === token && lease.endsMs > this.#nowMs();
  }

  #isValid(key: string, entry: ToyValue): boolean {
    if (entry.incarnation !== this.#incarnation || entry.expiresMs <= this.#nowMs()) return false;
    const pattern = this.#patterns.get(`${key.slice(0, 2)}*`) ?? 0;
    return entry.epoch >= pattern && entry.tags.every((tag) => entry.epoch >= this.#tagEpoch(tag));
  }

  /** A tag that is not known may have been forgotten: whatever was read before now is invalid. */
  #tagEpoch(tag: string): number {
    const known = this.#tags.get(tag);
    if (known !== undefined) return known;
    if (this.#bugs.has('missing-tag-is-valid')) return 0;
    this.#epoch++;
    this.#tags.set(tag, this.#epoch);
    return this.#epoch;
  }
}
