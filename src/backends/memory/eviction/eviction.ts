/**
 * The contract of an eviction policy: it decides which entry has to go when there is no room for another.
 *
 * Entries are numbers, and what a policy may know of them stands in the columns of an {@link EntryTable}. Who keeps
 * the entries tells the policy of each that comes, is used, changes its size and goes, and asks for victims until
 * there is room: before an entry comes, so that it is not its own victim, or after one has grown.
 */
export interface Eviction {
  /** A new entry; its columns are set. */
  add(entry: number, key: string): void;
  /** The entry was read or overwritten. This is all that a hit costs. */
  use(entry: number): void;
  /** The entry has so many bytes from now on; the policy sets the column. */
  resize(entry: number, bytes: number): void;
  /** The entry goes, as a victim or otherwise; its columns are still set. */
  remove(entry: number): void;
  /**
   * The entry that has to go; the caller removes it. One that has expired goes first when the policy meets it.
   * There must be an entry.
   * @param incomingBytes size of the entry that needs the room; 0 when an entry there has grown
   * @param nowMs monotonic time, as the column `expiresAt` has it
   */
  victim(incomingBytes: number, nowMs: number): number;
}

/** Both hold at once: what is over either has no room. */
export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}
