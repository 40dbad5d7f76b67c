import { LRUCache } from 'lru-cache';
import type { QueuedWrite } from './queued-writes.ts';

/** Keys whose last applied write is remembered. */
const REMEMBERED_KEYS = 10_000;

/** A write that was taken from the queue and neither applied nor given up yet. */
export interface HeldWrite {
  readonly write: QueuedWrite;
  readonly body: Uint8Array;
  /** Messages that end with it: its own, and those of older writes that it stands for. */
  readonly ids: string[];
  /** Attempts on it alone that failed. */
  failures: number;
  /** Failures, and deliveries before, between which other writes were applied: those that are its own fault. */
  strikes: number;
  /** Writes that had been applied when it was taken, or failed last. */
  appliedBefore: number;
  retryAtMs: number;
}

/**
 * What becomes of several writes of one key. `every`: each is applied, in order. `latest`: of those that wait, only
 * the last is.
 */
export type PerKey = 'every' | 'latest';

/** The writes a worker holds, oldest first, and which of them may be tried now. */
export class HeldWrites {
  readonly #perKey: PerKey;
  readonly #maxFailures: number;
  #held: HeldWrite[] = [];
  readonly #ids = new Set<string>();
  readonly #applied = new LRUCache<string, bigint>({ max: REMEMBERED_KEYS });

  constructor(perKey: PerKey, maxFailures: number) {
    this.#perKey = perKey;
    this.#maxFailures = maxFailures;
  }

  get size(): number {
    return this.#held.length;
  }

  get ids(): string[] {
    return [...this.#ids];
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether a write of this key is known to be applied that is not older than this one. */
  isSuperseded(key: string, sequence: bigint): boolean {
    return sequence <= (this.#applied.get(key) ?? -1n);
  }

  add(item: HeldWrite): void {
    for (const id of item.ids) this.#ids.add(id);
    const { key, sequence } = item.write;
    const newer = this.#held.find(({ write }) => write.key === key && write.sequence > sequence);
    if (this.#perKey === 'latest' && newer !== undefined) {
      newer.ids.push(...item.ids);
      return;
    }
    if (this.#perKey === 'latest') {
      const older = this.#held.filter(({ write }) => write.key === key);
      item.ids.push(...older.flatMap(({ ids }) => ids));
      this.#held = this.#held.filter((other) => !older.includes(other));
    }
    const last = this.#held.at(-1);
    this.#held.push(item);
    if (last !== undefined && last.write.sequence > sequence) {
      this.#held.sort((a, b) => (a.write.sequence < b.write.sequence ? -1 : 1));
    }
  }

  /** Those that are not to be applied, because a newer one was. */
  superseded(): HeldWrite[] {
    if (this.#perKey === 'every') return [];
    return this.#held.filter(({ write }) => this.isSuperseded(write.key, write.sequence));
  }

  /** Those that nothing speaks against, nor against an older one of their key: to be applied together. */
  calm(most: number): HeldWrite[] {
    const troubled = new Set(this.#held.filter(isTroubled).map(({ write }) => write.key));
    return this.#held.filter(({ write }) => !troubled.has(write.key)).slice(0, most);
  }

  /** The others, when they are due: to be tried one by one. */
  due(nowMs: number): HeldWrite[] {
    const troubled = new Set(this.#held.filter(isTroubled).map(({ write }) => write.key));
    return this.#held.filter(
      (item) => troubled.has(item.write.key) && item.retryAtMs <= nowMs && !this.waits(item),
    );
  }

  /**
   * Whether an older write of the key has to be applied first. One that failed often does not hold up the next one,
   * whose fate then tells whether the database is to blame.
   */
  waits({ write }: HeldWrite): boolean {
    return this.#held.some(
      (other) =>
        other.write.key === write.key &&
        other.write.sequence < write.sequence &&
        other.failures < this.#maxFailures,
    );
  }

  /** When something is to be tried next, in milliseconds of the monotonic clock; Infinity: nothing is held. */
  nextMs(): number {
    if (this.calm(1).length > 0) return -Infinity;
    return Math.min(
      Infinity,
      ...this.#held.filter((item) => !this.waits(item)).map((item) => item.retryAtMs),
    );
  }

  retryNow(): void {
    for (const item of this.#held) item.retryAtMs = 0;
  }

  applied({ write: { key, sequence } }: HeldWrite): void {
    if (!this.isSuperseded(key, sequence)) this.#applied.set(key, sequence);
  }

  remove(items: readonly HeldWrite[]): void {
    const gone = new Set(items);
    for (const { ids } of items) for (const id of ids) this.#ids.delete(id);
    this.#held = this.#held.filter((item) => !gone.has(item));
  }
}

/** One that was handed out before may be what ended its worker: it is tried alone, and after the others. */
function isTroubled({ failures, strikes }: HeldWrite): boolean {
  return failures > 0 || strikes > 0;
}
