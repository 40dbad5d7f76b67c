/**
 * What a request of a trace does. Formats have more words than this; each maps its own to these, by what the request
 * asks of a cache:
 *
 * - `get`: reads one key (`gets`, `GET_LEASE`, `GETEX`)
 * - `multi-get`: reads several keys in one request; a record for each, see {@link TraceBatch.joined}
 * - `set`: stores a value, on whatever condition and however put together (`add`, `replace`, `cas`, `append`,
 *   `prepend`, `SET_LEASE`, `SETEX`, `MSET`)
 * - `delete`: removes the key (`UNLINK`, `GETDEL`)
 * - `incr`: counts up or down (`decr`, `INCRBY`)
 * - `touch`: changes when the entry expires, and reads nothing (`EXPIRE`)
 */
export const TRACE_OPERATIONS = ['get', 'multi-get', 'set', 'delete', 'incr', 'touch'] as const;

export type TraceOperation = (typeof TRACE_OPERATIONS)[number];

const NOT_ASCII_LETTER_CASE = 0x20;

interface Word {
  readonly folded: Uint8Array;
  readonly operation: number;
}

/** The words of a format, in any case, and what they mean; looked up without making a text of them. */
export class OperationWords {
  readonly #byLength: Word[][] = [];

  constructor(words: Readonly<Record<string, TraceOperation>>) {
    for (const [word, operation] of Object.entries(words)) {
      const folded = Buffer.from(word).map((byte) => byte | NOT_ASCII_LETTER_CASE);
      (this.#byLength[folded.length] ??= []).push({ folded, operation: TRACE_OPERATIONS.indexOf(operation) });
    }
  }

  /** Index in {@link TRACE_OPERATIONS} of what the bytes from `start` to `end` mean; -1 when it is no word of the format. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const words = this.#byLength[end - start];
    if (words === undefined) return -1;
    for (const { folded, operation } of words) {
      let at = 0;
      while (at < folded.length && (bytes[start + at]! | NOT_ASCII_LETTER_CASE) === folded[at]) at++;
      if (at === folded.length) return operation;
    }
    return -1;
  }
}
