/** Text (as UTF-8) or bytes. The text and its UTF-8 bytes are the same key. Never empty. */
export type TierKey = string | Uint8Array;

export interface TierHit {
  readonly value: Uint8Array;
  /**
   * Time to live that is left, in milliseconds, as the server that holds the entry counts it (never from two
   * hosts' clocks). Undefined when the entry does not expire, or when `withTtl` was not asked for.
   */
  readonly ttlMs?: number | undefined;
}

export interface TierEntry {
  readonly key: TierKey;
  readonly value: Uint8Array;
  readonly ttlMs?: number | undefined;
}
