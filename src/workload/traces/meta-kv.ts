import type { TraceBatch } from './batch.ts';
import { COMMA, NEWLINE, shown, wholeNumber } from './fields.ts';
import type { TraceFormat } from './format.ts';
import { LineParser } from './lines.ts';
import { OperationWords } from './operation.ts';
import type { TraceTally } from './tally.ts';

const WORDS = new OperationWords({
  GET: 'get',
  GETS: 'get',
  GET_LEASE: 'get',
  SET: 'set',
  SET_LEASE: 'set',
  ADD: 'set',
  REPLACE: 'set',
  CAS: 'set',
  APPEND: 'set',
  PREPEND: 'set',
  DELETE: 'delete',
  INCR: 'incr',
  DECR: 'incr',
  TOUCH: 'touch',
});

const REQUIRED = ['key', 'op', 'size'] as const;

/**
 * The key-value cache traces of Meta, as CacheBench replays them (github.com/facebook/CacheLib): CSV with a header
 * that names the columns in any order. Needed are `key`, `op` and `size`, which is that of the value; used are
 * `op_count`, how many times the request comes in a row, `key_size`, `op_time` in seconds, and `ttl` in seconds, 0
 * for none. Other columns are left alone.
 */
export const metaKv: TraceFormat = {
  keyEncoding: 'text',
  timeResolutionMs: 1000,
  terminator: NEWLINE,
  createParser: (tally) => {
    let lines: MetaLines | undefined;
    return new LineParser(tally, (bytes, start, end, batch) => {
      if (lines !== undefined) return lines.read(bytes, start, end, batch);
      const header = bytes.toString('utf8', start, end).split(',');
      const missing = REQUIRED.filter((column) => !header.includes(column));
      if (missing.length > 0) {
        tally.reject(`no column ${missing.join(', ')} in the header ${shown(bytes, start, end)}`);
      } else lines = new MetaLines(header, tally);
      return true;
    });
  },
};

class MetaLines {
  readonly #tally: TraceTally;
  readonly #columns: number;
  readonly #key: number;
  readonly #op: number;
  readonly #size: number;
  readonly #opCount: number;
  readonly #keySize: number;
  readonly #opTime: number;
  readonly #ttl: number;
  /** Where the fields of the line begin; each ends one before the next begins. */
  readonly #starts: Int32Array;
  /** How many records of the present line are given already. */
  #given = 0;

  constructor(header: readonly string[], tally: TraceTally) {
    this.#tally = tally;
    this.#columns = header.length;
    this.#starts = new Int32Array(header.length + 1);
    this.#key = header.indexOf('key');
    this.#op = header.indexOf('op');
    this.#size = header.indexOf('size');
    this.#opCount = header.indexOf('op_count');
    this.#keySize = header.indexOf('key_size');
    this.#opTime = header.indexOf('op_time');
    this.#ttl = header.indexOf('ttl');
  }

  read(bytes: Buffer, start: number, end: number, batch: TraceBatch): boolean {
    const fields = this.#split(bytes, start, end);
    if (fields !== this.#columns) {
      this.#tally.reject(`${fields} fields, expected ${this.#columns}, as in the header`);
      return true;
    }
    const valueBytes = this.#number(bytes, this.#size);
    const count = this.#opCount < 0 ? 1 : this.#number(bytes, this.#opCount);
    const keyBytes = this.#number(bytes, this.#keySize);
    const seconds = this.#number(bytes, this.#opTime);
    const ttl = this.#number(bytes, this.#ttl);
    const operation = WORDS.find(bytes, this.#start(this.#op), this.#end(this.#op));
    if (this.#start(this.#key) === this.#end(this.#key)) this.#tally.reject('the key is empty');
    else if (valueBytes < 0) this.#reject('size', bytes, this.#size, 'a number of bytes');
    else if (!(count >= 1)) this.#reject('op_count', bytes, this.#opCount, '1 or more');
    else if (keyBytes < 0) this.#reject('key_size', bytes, this.#keySize, 'a number of bytes');
    else if (seconds < 0) this.#reject('op_time', bytes, this.#opTime, 'whole seconds');
    else if (ttl < 0) this.#reject('ttl', bytes, this.#ttl, 'whole seconds');
    else if (operation < 0) {
      this.#tally.skip(bytes.toString('utf8', this.#start(this.#op), this.#end(this.#op)));
    } else {
      const last = Math.min(batch.timeMs.length, batch.length + count - this.#given);
      this.#given += last - batch.length;
      for (let i = batch.length; i < last; i++) {
        batch.timeMs[i] = seconds * 1000;
        batch.operation[i] = operation;
        batch.joined[i] = 0;
        batch.keyStart[i] = this.#start(this.#key);
        batch.keyEnd[i] = this.#end(this.#key);
        batch.clientStart[i] = batch.clientEnd[i] = 0;
        batch.keyBytes[i] = keyBytes;
        batch.valueBytes[i] = valueBytes;
        batch.ttlSeconds[i] = ttl === 0 ? Number.NaN : ttl;
      }
      batch.length = last;
      if (this.#given < count) return false;
      this.#given = 0;
    }
    return true;
  }

  /** How many fields there are; those of the columns are noted. */
  #split(bytes: Uint8Array, start: number, end: number): number {
    const starts = this.#starts;
    let fields = 1;
    starts[0] = start;
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) starts[fields++] = at + 1;
    starts[fields] = end + 1;
    return fields;
  }

  #start(column: number): number {
    return this.#starts[column]!;
  }

  #end(column: number): number {
    return this.#starts[column + 1]! - 1;
  }

  /** NaN when there is no such column, or nothing in it; -1 when it is no number. */
  #number(bytes: Uint8Array, column: number): number {
    if (column < 0 || this.#start(column) === this.#end(column)) return Number.NaN;
    return wholeNumber(bytes, this.#start(column), this.#end(column));
  }

  #reject(name: string, bytes: Buffer, column: number, expected: string): void {
    this.#tally.reject(
      `${name} is ${shown(bytes, this.#start(column), this.#end(column))}, expected ${expected}`,
    );
  }
}
