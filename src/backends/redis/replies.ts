/** The commands in use, and what the server answers when it carries them out (all texts as bytes). */
export interface Replies {
  readonly get: Buffer | null;
  readonly mget: readonly (Buffer | null)[];
  /** Milliseconds left; -1: does not expire, -2: no such key. */
  readonly pttl: number;
  /** Null: the condition (NX) was not met. */
  readonly set: Buffer | null;
  /** Number of keys that were there. */
  readonly unlink: number;
  /** The next cursor and a page of keys. */
  readonly scan: readonly [Buffer, Buffer[]];
  readonly publish: number;
  readonly evalsha: unknown;
  readonly eval: unknown;
  readonly dbsize: number;
  readonly info: Buffer;
  readonly ping: unknown;
}
