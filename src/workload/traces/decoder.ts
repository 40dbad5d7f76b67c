import { CachectlError } from '../../base/errors.ts';
import { TraceBatch } from './batch.ts';
import type { TraceFormat, TraceParser } from './format.ts';
import type { TraceTally } from './tally.ts';

const FIRST_BUFFER_BYTES = 256 * 1024;

/** A record that is longer is none: it would be a value of some 20 MB with every byte escaped. */
export const MOST_RECORD_BYTES: number = 64 * 1024 * 1024;

/**
 * From the bytes of a trace, in chunks that end anywhere, to batches of records. Pure, and the same for every way to
 * cut the bytes. Each batch is the same object: it holds until the next one is asked for.
 */
export class TraceDecoder {
  readonly #format: TraceFormat;
  readonly #parser: TraceParser;
  readonly #tally: TraceTally;
  readonly #batch: TraceBatch;
  /** Bytes from `#start` to `#end` are not parsed yet. */
  #buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #start = 0;
  #end = 0;
  #firstMs = Number.NaN;

  constructor(format: TraceFormat, tally: TraceTally) {
    this.#format = format;
    this.#tally = tally;
    this.#parser = format.createParser(tally);
    this.#batch = new TraceBatch(format.keyEncoding);
  }

  /**
   * Batches of what is complete with this chunk, which may be used for other things afterwards.
   *
   * @throws CachectlError `BAD_TRACE` with file and line when too many records are malformed, or one is too long
   */
  *push(chunk: Uint8Array): Generator<TraceBatch, void, undefined> {
    this.#append(chunk);
    const batch = this.#batch;
    for (;;) {
      batch.length = 0;
      batch.bytes = this.#buffer;
      this.#start = this.#parser.parse(this.#buffer, this.#start, this.#end, batch);
      if (batch.length === 0) return;
      this.#rebase(batch);
      this.#tally.records += batch.length;
      yield batch;
    }
  }

  /** Batches of what is left when nothing more comes. */
  *end(): Generator<TraceBatch, void, undefined> {
    const { terminator } = this.#format;
    if (this.#start < this.#end && terminator !== undefined) yield* this.push(Uint8Array.of(terminator));
    if (this.#start === this.#end) return;
    this.#tally.line++;
    this.#tally.reject(`the last record ends after ${this.#end - this.#start} bytes`);
    this.#start = this.#end;
  }

  #append(chunk: Uint8Array): void {
    const left = this.#end - this.#start;
    if (left > MOST_RECORD_BYTES) {
      const { file, line } = this.#tally;
      throw new CachectlError(
        'BAD_TRACE',
        `${file}:${line + 1}: no end in ${left} bytes, expected a record`,
        {
          hint: 'is this a trace, and the format right?',
        },
      );
    }
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Moves what is left to the front, of a larger buffer when it has to be. */
  #makeRoom(needed: number): void {
    const old = this.#buffer;
    const left = this.#end - this.#start;
    let capacity = old.length;
    // Twice what is left: a long record is moved a few times only.
    while (capacity < 2 * left + needed) capacity *= 2;
    if (capacity > old.length) this.#buffer = Buffer.allocUnsafeSlow(capacity);
    old.copy(this.#buffer, 0, this.#start, this.#end);
    this.#start = 0;
    this.#end = left;
  }

  /** Times from absolute to after the first record. */
  #rebase(batch: TraceBatch): void {
    if (this.#format.timeResolutionMs === undefined) return;
    const times = batch.timeMs;
    for (let i = 0; Number.isNaN(this.#firstMs) && i < batch.length; i++) this.#firstMs = times[i]!;
    const first = this.#firstMs;
    for (let i = 0; i < batch.length; i++) times[i] = times[i]! - first;
  }
}
