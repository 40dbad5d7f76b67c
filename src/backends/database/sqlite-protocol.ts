import { Packr } from 'msgpackr';
import type { Row, SqlValue } from './sql.ts';

/** What the thread that owns a SQLite connection is started with. */
export interface ThreadSettings {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** Bound on the page cache, in KiB. */
  readonly cacheKib: number;
  readonly durable: boolean;
  /** Flags shared with the thread: an Int32Array indexed by {@link Flag}. */
  readonly flags: SharedArrayBuffer;
}

/** Why flags and not messages: the thread must see them in the middle of its work. */
export const Flag = {
  /** A caller of the running message has given up: skip the calls that have not begun. */
  skip: 0,
  /** Begin nothing more, and end. */
  stop: 1,
  /** The thread is, or may be, inside the driver. */
  busy: 2,
} as const;

/** First message of the thread: it opened the database, or why it did not. */
export type Opening = { readonly opened: true } | { readonly opened: false; readonly failure: Failure };

export interface Failure {
  /** SQLite's name of the error: `SQLITE_BUSY`. */
  readonly code: string;
  readonly message: string;
}

export const Mode = { query: 0, first: 1, batch: 2 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Statements go by number: their text crosses once. */
export type WireCall = readonly [
  mode: Mode,
  ...statements: (readonly [statement: number, params: SqlValue[]])[],
];

export interface Request {
  /** Forget all statements before defining new ones. */
  readonly forget: boolean;
  readonly define: readonly (readonly [statement: number, sql: string])[];
  readonly calls: readonly WireCall[];
}

/** In the order of the calls: rows of each statement, a failure, or null for a call that was skipped. */
export type Reply = readonly (readonly (readonly Row[])[] | Failure | null)[];

/**
 * Messages cross packed into one buffer that changes its owner: structured cloning would copy the whole 8 KiB
 * slab that Node cuts small buffers from, once for each message. Bytes are copied out of a reply, so that a kept
 * value does not keep all the others of its message.
 */
const packr = new Packr({ useRecords: true, copyBuffers: true });

export function pack(message: Request | Reply): Uint8Array<ArrayBuffer> {
  return new Uint8Array(packr.pack(message));
}

export function unpackRequest(bytes: Uint8Array): Request {
  const request: Request = packr.unpack(bytes);
  return request;
}

export function unpackReply(bytes: Uint8Array): Reply {
  const reply: Reply = packr.unpack(bytes);
  return reply;
}
