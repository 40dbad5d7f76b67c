import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { CachectlError, messageOf } from '../../base/errors.ts';
import type { TraceRecord } from './batch.ts';
import type { TraceOperation } from './operation.ts';

const FLUSHED_CHARACTERS = 64 * 1024;

/** The format has no word for a touch; several keys of one request are requests of their own. */
const WORDS: Readonly<Record<TraceOperation, string | undefined>> = {
  get: 'get',
  'multi-get': 'get',
  set: 'set',
  delete: 'delete',
  incr: 'incr',
  touch: undefined,
};

/**
 * The line of a record as Twitter's traces have it, without its end; undefined for a touch, for which they have no
 * word. Times are cut to whole seconds, TTLs rounded up to them; a value's size that is not known is 0, as in those
 * traces.
 *
 * @throws CachectlError `BAD_OUTPUT` when there is a line break in key or client, or a comma in the client
 */
export function twitterLine(record: TraceRecord): string | undefined {
  const { timeMs = 0, key, operation, valueBytes = 0, ttlSeconds = 0, client = '' } = record;
  const word = WORDS[operation];
  if (word === undefined) return undefined;
  if (key === '' || /[\r\n]/.test(key) || /[\r\n,]/.test(client)) {
    throw new CachectlError('BAD_OUTPUT', `key ${JSON.stringify(key)} cannot be in a trace`, {
      hint: 'its CSV has no quotes: keys are not empty and have no line breaks, clients have no commas either',
    });
  }
  const keyBytes = record.keyBytes ?? Buffer.byteLength(key);
  return `${Math.floor(timeMs / 1000)},${key},${keyBytes},${valueBytes},${client},${word},${Math.ceil(ttlSeconds)}`;
}

/** Writes records to a file, in the format of Twitter's traces. */
export class TwitterTraceWriter {
  readonly #path: string;
  readonly #file: WriteStream;
  #pending = '';
  #failure: Error | undefined;
  /** One wait for all who give more than there is room for. */
  #draining: Promise<void> | undefined;
  /** Records that are written. */
  records: number = 0;
  /** Records for which the format has no word: they are left out. */
  skipped: number = 0;

  /** The file is created, or emptied, with the first bytes. */
  constructor(path: string) {
    this.#path = path;
    this.#file = createWriteStream(path);
    this.#file.on('error', (error) => (this.#failure = error));
  }

  /**
   * Takes a record. Most of the time there is room; otherwise the answer is a promise, and who waits for it before
   * giving the next record lets the disk keep up.
   *
   * @throws CachectlError `BAD_OUTPUT` when the file cannot be written, or the record not be held by the format
   */
  write(record: TraceRecord): Promise<void> | undefined {
    this.#checkFailure();
    const line = twitterLine(record);
    if (line === undefined) {
      this.skipped++;
      return undefined;
    }
    this.records++;
    this.#pending += `${line}\n`;
    return this.#pending.length >= FLUSHED_CHARACTERS ? this.#flush() : undefined;
  }

  /** What was given and is not in the file yet. */
  get waitingBytes(): number {
    return this.#file.writableLength + this.#pending.length;
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    this.#checkFailure();
    await this.#flush();
    this.#file.end();
    if (!this.#file.closed) await once(this.#file, 'close').catch((error: unknown) => this.#fail(error));
    this.#checkFailure();
  }

  #flush(): Promise<void> | undefined {
    const hasRoom = this.#file.write(this.#pending);
    this.#pending = '';
    if (hasRoom) return undefined;
    this.#draining ??= this.#drained();
    return this.#draining;
  }

  async #drained(): Promise<void> {
    try {
      await once(this.#file, 'drain');
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#draining = undefined;
    }
  }

  #checkFailure(): void {
    if (this.#failure !== undefined) this.#fail(this.#failure);
  }

  #fail(error: unknown): never {
    throw new CachectlError('BAD_OUTPUT', `${this.#path}: cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
