import type { TraceBatch } from './batch.ts';
import { NEWLINE, RETURN } from './fields.ts';
import type { TraceParser } from './format.ts';
import type { TraceTally } from './tally.ts';

/**
 * Adds the records of the line from `start` to `end`, which is not empty, to the batch, or tells the tally why not.
 * There is room for one record; who adds more reserves it.
 *
 * @returns whether it is done with the line; otherwise it gets the line again once there is room
 */
export type LineReader = (bytes: Buffer, start: number, end: number, batch: TraceBatch) => boolean;

/** Splits bytes at LF and CR LF, and counts lines. Empty ones are left out. */
export class LineParser implements TraceParser {
  readonly #tally: TraceTally;
  readonly #readLine: LineReader;
  /** So many bytes from where the last call ended have no end of line: long lines come in many chunks. */
  #scanned = 0;

  constructor(tally: TraceTally, readLine: LineReader) {
    this.#tally = tally;
    this.#readLine = readLine;
  }

  parse(bytes: Buffer, start: number, end: number, batch: TraceBatch): number {
    const readLine = this.#readLine;
    let from = start;
    let to = start + this.#scanned;
    this.#scanned = 0;
    while (!batch.isFull) {
      while (to < end && bytes[to] !== NEWLINE) to++;
      if (to === end) {
        this.#scanned = end - from;
        return from;
      }
      this.#tally.line++;
      const lineEnd = to > from && bytes[to - 1] === RETURN ? to - 1 : to;
      if (lineEnd > from && !readLine(bytes, from, lineEnd, batch)) {
        this.#tally.line--;
        return from;
      }
      from = ++to;
    }
    return from;
  }
}
