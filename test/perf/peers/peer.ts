/** Loads a value that no tier has. */
export type Load = () => Promise<unknown>;

/** One instance of an application's cache, as a library's own documentation sets it up. */
export interface Peer {
  getOrLoad(key: string, load: Load): Promise<unknown>;
  /** Deletes the key here and for all other instances, as far as the library can. */
  delete(key: string): Promise<unknown>;
  /** Missing where the library has no tags. */
  readonly tags?: Tagged;
  close(): Promise<unknown>;
}

export interface Tagged {
  getOrLoad(key: string, tag: string, load: Load): Promise<unknown>;
  invalidate(tag: string): Promise<unknown>;
}

export interface PeerOptions {
  /** `redis://host:port`. */
  readonly url: string;
  /** Bound on the entries in memory. */
  readonly memoryEntries: number;
  /**
   * What a library that has one tier only keeps its entries in; the others use both. Redis is where instances meet,
   * memory is where its hits in this process are.
   */
  readonly onlyTier: 'memory' | 'redis';
}

export interface Library {
  readonly name: string;
  /** Whether instances tell one another what they invalidate. */
  readonly bus: 'yes' | 'none' | 'one tier';
  readonly open: (options: PeerOptions) => Promise<Peer>;
}

/** How long entries live everywhere, in milliseconds: longer than any run. */
export const TTL_MS = 600_000;
