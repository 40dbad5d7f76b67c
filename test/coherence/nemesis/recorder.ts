import type { InvalidationRecord, LoadRecord, ReadRecord, Records, Told } from './protocol.ts';

const BATCH_MS = 50;

/** What an instance did, told in batches: one that is killed loses what it has not told. */
export class Recorder {
  readonly #tell: (told: Told) => void;
  readonly #open = new Map<number, string>();
  #records: Records = noRecords();
  #calls = 0;

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
    setInterval(() => this.flush(), BATCH_MS).unref();
  }

  read(read: ReadRecord): void {
    this.#records.reads.push(read);
  }

  load(load: LoadRecord): void {
    this.#records.loads.push(load);
  }

  /** Told at once: only what has arrived counts as acknowledged. */
  invalidation(invalidation: InvalidationRecord): void {
    this.#records.invalidations.push(invalidation);
    this.flush();
  }

  refused(key: string, atMs: number, message: string): void {
    this.#records.refused.push({ key, atMs, message });
  }

  /** Runs an operation that has to settle. */
  async watch(what: string, operation: () => Promise<void>): Promise<void> {
    const id = ++this.#calls;
    this.#open.set(id, what);
    try {
      await operation();
    } finally {
      this.#open.delete(id);
    }
  }

  get open(): number {
    return this.#open.size;
  }

  tellOpen(): void {
    this.flush();
    this.#tell({ tell: 'open', what: [...this.#open.values()] });
  }

  flush(): void {
    const records = this.#records;
    const count =
      records.reads.length + records.loads.length + records.invalidations.length + records.refused.length;
    if (count === 0) return;
    this.#records = noRecords();
    this.#tell({ tell: 'records', ...records });
  }
}

function noRecords(): Records {
  return { reads: [], invalidations: [], loads: [], refused: [] };
}
