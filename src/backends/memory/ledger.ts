import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { CachectlError } from '../../base/errors.ts';
import type { Audience, Notice } from '../bus.ts';
import {
  type Ledger,
  type LedgerAdvance,
  type LedgerChange,
  type LedgerPage,
  type LedgerPattern,
  MAX_PATTERNS,
} from '../ledger.ts';

/** At most so many tags are known; the least recently used falls off. */
const MAX_TAGS = 100_000;

/** The records of one namespace. */
export class LedgerRecords {
  incarnation: string = newIncarnation();
  epoch = 0;
  floor = 0;
  patterns: readonly LedgerPattern[] = [];
  readonly tags: LRUCache<string, number>;

  constructor(mostTags: number = MAX_TAGS) {
    this.tags = new LRUCache({ max: mostTags });
  }

  page(tags: readonly string[]): LedgerPage {
    const { incarnation, epoch, floor, patterns } = this;
    return { incarnation, epoch, floor, patterns, tags: tags.map((tag) => this.#epochOf(tag)) };
  }

  advance({ tags = [], patterns = [], all = false }: LedgerChange): void {
    const epoch = ++this.epoch;
    if (all) this.incarnation = newIncarnation();
    for (const tag of tags) this.tags.set(tag, epoch);
    const kept = this.patterns.filter(({ pattern }) => !patterns.includes(pattern));
    const next = [...kept, ...new Set(patterns)].map((pattern) =>
      typeof pattern === 'string' ? { pattern, epoch } : pattern,
    );
    const fallen = next.splice(0, Math.max(0, next.length - MAX_PATTERNS));
    this.floor = fallen.at(-1)?.epoch ?? this.floor;
    this.patterns = next;
  }

  #epochOf(tag: string): number {
    const epoch = this.tags.get(tag) ?? this.epoch;
    this.tags.set(tag, epoch);
    return epoch;
  }
}

/** The ledger of a namespace in this process. */
export class MemoryLedger implements Ledger {
  readonly #records: () => LedgerRecords;
  readonly #announce: (notice: Notice) => Audience | undefined;
  #closed = false;

  /**
   * @param records those of the namespace as they are now
   * @param announce as in MemoryFenced
   */
  constructor(records: () => LedgerRecords, announce: (notice: Notice) => Audience | undefined) {
    this.#records = records;
    this.#announce = announce;
  }

  async read(tags: readonly string[]): Promise<LedgerPage> {
    this.#checkOpen();
    return this.#records().page(tags);
  }

  async advance(change: LedgerChange, notice?: Notice): Promise<LedgerAdvance> {
    this.#checkOpen();
    const records = this.#records();
    records.advance(change);
    const audience = notice === undefined ? undefined : this.#announce(notice);
    return { page: records.page(change.tags ?? []), audience };
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the ledger is closed');
  }
}

function newIncarnation(): string {
  return randomBytes(8).toString('hex');
}
