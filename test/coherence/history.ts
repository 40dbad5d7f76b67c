/**
 * What happened to a cache and to the data behind it. All times are milliseconds of one monotonic clock; where one
 * process records, no two of them are equal.
 *
 * The data is a register for each key: its versions are 1, 2, 3 … in the order in which they were installed.
 */
export class History {
  readonly installs: Install[] = [];
  readonly reads: Read[] = [];
  readonly invalidations: Invalidation[] = [];
  readonly loads: Load[] = [];
}

/** The data has this version from now on. */
export interface Install {
  readonly key: string;
  readonly version: number;
  readonly atMs: number;
}

export interface Read {
  readonly instance: number;
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined when the cache had nothing. */
  readonly version: number | undefined;
  /** When this value was loaded or written; undefined when it does not tell. */
  readonly bornMs?: number | undefined;
  /** Made when all faults were over and the bound had passed. */
  readonly isLast?: boolean;
}

/** Some keys' values were to be used no more: by an invalidation, or by a write that passed through the cache. */
export interface Invalidation {
  readonly instance: number;
  /** All keys that it concerns, whatever named them. */
  readonly keys: readonly string[];
  /** How it named them: `key`, `tag`, `pattern`, `all`, `write`. */
  readonly what: string;
  readonly startMs: number;
  /** When it was acknowledged; undefined when it failed, or nobody knows: then nothing follows from it. */
  readonly doneMs: number | undefined;
  /** When it was rejected, where its own instance is not to be behind even then. */
  readonly rejectedMs?: number;
  /** Versions that were installed by then are what it promises at least. */
  readonly coversMs: number;
  /** From when the bound for other instances counts; by default from `doneMs`. Infinity: they were not told. */
  readonly toldMs?: number;
}

export interface Load {
  readonly instance: number;
  readonly key: string;
  /** When the read began that needed it: its lease was granted after that. */
  readonly askedMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined when the load failed. */
  readonly version: number | undefined;
}
