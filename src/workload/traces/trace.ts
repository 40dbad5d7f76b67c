import { CachectlError, isCachectlError, messageOf } from '../../base/errors.ts';
import type { TraceBatch } from './batch.ts';
import { TraceDecoder } from './decoder.ts';
import type { TraceFormat } from './format.ts';
import { detectFormat, TRACE_FORMATS, traceFormat, type TraceFormatName } from './formats.ts';
import { TraceTally } from './tally.ts';
import { openUnpacked } from './unpack.ts';

/** So much of a file is looked at to find its format. */
const HEAD_BYTES = 64 * 1024;

export const DEFAULT_MAX_MALFORMED = 100;

export interface TraceOptions {
  /** Name of the format, see {@link TRACE_FORMATS}; found by content and name when it is not given. */
  readonly format?: string | undefined;
  /** So many malformed records are left out; one more, and reading fails. Default 100. */
  readonly maxMalformed?: number | undefined;
}

/** One pass through a trace. Batches come once, in order; see {@link TraceBatch} for how long each holds. */
export interface TraceReading extends AsyncIterable<TraceBatch> {
  /** What came of the records so far. */
  readonly tally: TraceTally;
}

/** A file of requests, plain or packed with gzip or Zstandard, that can be read any number of times. */
export class Trace {
  readonly path: string;
  readonly formatName: TraceFormatName;
  readonly format: TraceFormat;
  readonly #maxMalformed: number;

  constructor(path: string, formatName: TraceFormatName, maxMalformed: number) {
    this.path = path;
    this.formatName = formatName;
    this.format = TRACE_FORMATS[formatName];
    this.#maxMalformed = maxMalformed;
  }

  /**
   * Reads from the beginning; nothing is open before the first batch is asked for, or after the last one or a `break`.
   * The batches fail with `BAD_TRACE` when the file cannot be read or unpacked, or too many records are malformed.
   */
  read(): TraceReading {
    const tally = new TraceTally(this.path, this.#maxMalformed);
    const { path, format } = this;
    return { tally, [Symbol.asyncIterator]: () => batches(path, format, tally) };
  }
}

/**
 * @throws CachectlError `BAD_TRACE` when the file cannot be read, or its format is neither given nor found;
 *   `BAD_SCENARIO` when the given one is unknown
 */
export async function openTrace(path: string, options: TraceOptions = {}): Promise<Trace> {
  const { format, maxMalformed = DEFAULT_MAX_MALFORMED } = options;
  if (format !== undefined) traceFormat(format);
  const head = await headOf(path);
  const name = (format as TraceFormatName | undefined) ?? detectFormat(path, head);
  if (name === undefined) {
    throw new CachectlError(
      'BAD_TRACE',
      `${path}: ${head.length === 0 ? 'the file is empty' : 'no known format'}`,
      {
        hint: `name its format: ${Object.keys(TRACE_FORMATS).join(', ')}`,
      },
    );
  }
  return new Trace(path, name, maxMalformed);
}

async function* batches(
  path: string,
  format: TraceFormat,
  tally: TraceTally,
): AsyncGenerator<TraceBatch, void, undefined> {
  const decoder = new TraceDecoder(format, tally);
  for await (const chunk of chunks(path)) yield* decoder.push(chunk);
  yield* decoder.end();
}

async function headOf(path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks(path)) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
}

async function* chunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of await openUnpacked(path)) yield chunk as Uint8Array;
  } catch (error) {
    if (isCachectlError(error)) throw error;
    throw new CachectlError('BAD_TRACE', `${path}: cannot be read: ${messageOf(error)}`, {
      cause: error,
      hint: 'does the file exist, and is it complete?',
    });
  }
}
