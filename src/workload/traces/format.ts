import type { KeyEncoding, TraceBatch } from './batch.ts';
import type { TraceTally } from './tally.ts';

/** What knows one format: from bytes to records. Pure: where the bytes come from is nothing to it. */
export interface TraceFormat {
  readonly keyEncoding: KeyEncoding;
  /** How exact times are, in milliseconds; undefined when the format has none. */
  readonly timeResolutionMs: number | undefined;
  /** What ends a record, and may be missing after the last one; undefined when records are of one length. */
  readonly terminator: number | undefined;
  /** For one pass through one trace. */
  createParser(tally: TraceTally): TraceParser;
}

export interface TraceParser {
  /**
   * Adds records from the bytes between `start` and `end` to the batch, whose bytes these are, until the batch is full
   * or the next record is not complete. Times are absolute. May change the bytes of records it has taken.
   *
   * @returns where the next call, for a batch with room, has to go on
   * @throws CachectlError `BAD_TRACE` when too many records are malformed
   */
  parse(bytes: Buffer, start: number, end: number, batch: TraceBatch): number;
}
