/** The commands in use, and what the server answers when it carries them out (all texts as bytes). */
export interface Replies {
  readonly get: Buffer | null;
  readonly mget: readonly (Buffer | null)[];
  /** Milliseconds left; -1: does not expire, -2: no such key. */
  readonly pttl: number;
  /** 1: the key was there. */
  readonly pexpire: number;
  /** The count after it. */
  readonly incr: number;
  /** Null: the condition (NX) was not met. */
  readonly set: Buffer | null;
  /** Number of keys that were there. */
  readonly unlink: number;
  /** The next cursor and a page of keys. */
  readonly scan: readonly [Buffer, Buffer[]];
  /** Number of entries of a stream. */
  readonly xlen: number;
  /** Streams with their entries: id, and fields and values in turn. Null: none came in time. */
  readonly xreadgroup:
    | readonly (readonly [Buffer, readonly (readonly [Buffer, readonly Buffer[]])[]])[]
    | null;
  readonly evalsha: unknown;
  readonly eval: unknown;
  readonly dbsize: number;
  readonly info: Buffer;
  readonly ping: unknown;
}
