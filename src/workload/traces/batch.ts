import { TRACE_OPERATIONS, type TraceOperation } from './operation.ts';

/** One request of a trace, for where speed does not matter: tests, and writers of traces. */
export interface TraceRecord {
  /** Milliseconds after the first record of the trace; undefined when the format has no times. */
  readonly timeMs?: number | undefined;
  readonly key: string;
  readonly operation: TraceOperation;
  readonly valueBytes?: number | undefined;
  readonly keyBytes?: number | undefined;
  /** Undefined when none was given, or the request stores nothing. */
  readonly ttlSeconds?: number | undefined;
  readonly client?: string | undefined;
}

/** What the bytes of a key are: its text in UTF-8, or a number of 64 bits, the lowest byte first. */
export type KeyEncoding = 'text' | 'uint64';

/** A batch with so many records is full. */
const FULL = 4096;
const FIRST_CAPACITY = FULL;

/**
 * Some requests of a trace, in columns: what a record at index `i` is stands at `i` of each, for `i` below `length`.
 * Who reads a trace gets the same batch again and again, with other contents: take from it what has to stay. Numbers
 * that the trace does not tell are NaN.
 */
export class TraceBatch {
  readonly keyEncoding: KeyEncoding;
  length: number = 0;
  /** What the keys and clients are parts of. */
  bytes: Buffer = Buffer.alloc(0);
  /** Milliseconds after the first record of the trace, less than 0 only where a trace is out of order. */
  timeMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Indexes in {@link TRACE_OPERATIONS}. */
  operation: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** 1 when the record and the one before it are of one request: further keys of a multi-get. */
  joined: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** Where the key begins in `bytes`, and where it ends; which bytes it is tells it from others. */
  keyStart: Int32Array = new Int32Array(FIRST_CAPACITY);
  keyEnd: Int32Array = new Int32Array(FIRST_CAPACITY);
  clientStart: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** As `clientStart` when no client is given. */
  clientEnd: Int32Array = new Int32Array(FIRST_CAPACITY);
  keyBytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  valueBytes: Float64Array = new Float64Array(FIRST_CAPACITY);
  ttlSeconds: Float64Array = new Float64Array(FIRST_CAPACITY);

  constructor(keyEncoding: KeyEncoding = 'text') {
    this.keyEncoding = keyEncoding;
  }

  get isFull(): boolean {
    return this.length >= FULL;
  }

  operationAt(i: number): TraceOperation {
    return TRACE_OPERATIONS[this.operation[i]!]!;
  }

  /** The key as text; numbers in decimal. Bytes that are no UTF-8 become U+FFFD. */
  keyAt(i: number): string {
    const start = this.keyStart[i]!;
    if (this.keyEncoding === 'uint64') return String(this.bytes.readBigUInt64LE(start));
    return this.bytes.toString('utf8', start, this.keyEnd[i]);
  }

  clientAt(i: number): string | undefined {
    const start = this.clientStart[i]!;
    return start === this.clientEnd[i] ? undefined : this.bytes.toString('utf8', start, this.clientEnd[i]);
  }

  recordAt(i: number): TraceRecord {
    return {
      timeMs: known(this.timeMs[i]!),
      key: this.keyAt(i),
      operation: this.operationAt(i),
      valueBytes: known(this.valueBytes[i]!),
      keyBytes: known(this.keyBytes[i]!),
      ttlSeconds: known(this.ttlSeconds[i]!),
      client: this.clientAt(i),
    };
  }

  /** Makes room for so many records more, where one that is begun has to be ended in a full batch. */
  reserve(records: number): void {
    let capacity = this.timeMs.length;
    while (capacity < this.length + records) capacity *= 2;
    if (capacity === this.timeMs.length) return;
    this.timeMs = extended(this.timeMs, new Float64Array(capacity));
    this.operation = extended(this.operation, new Uint8Array(capacity));
    this.joined = extended(this.joined, new Uint8Array(capacity));
    this.keyStart = extended(this.keyStart, new Int32Array(capacity));
    this.keyEnd = extended(this.keyEnd, new Int32Array(capacity));
    this.clientStart = extended(this.clientStart, new Int32Array(capacity));
    this.clientEnd = extended(this.clientEnd, new Int32Array(capacity));
    this.keyBytes = extended(this.keyBytes, new Float64Array(capacity));
    this.valueBytes = extended(this.valueBytes, new Float64Array(capacity));
    this.ttlSeconds = extended(this.ttlSeconds, new Float64Array(capacity));
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function extended<C extends Uint8Array | Int32Array | Float64Array>(column: C, longer: C): C {
  longer.set(column);
  return longer;
}
