import type { CoherenceLevel } from '../../../src/engine/options.ts';
import type { Datum } from '../sim/register.ts';

/** What an instance is started with. */
export interface Part {
  /** Of this process: no two have the same, not even of one name. */
  readonly serial: number;
  readonly name: string;
  readonly level: CoherenceLevel;
  readonly urls: ServerUrls;
  /** Lifetime of what memory holds. */
  readonly memoryTtlMs: number;
  /** `coherence.bound` */
  readonly boundMs: number;
  readonly operationsPerSecond: number;
  /** By how much its wall clock is wrong. */
  readonly skewMs: number;
  readonly seed: number;
  /** `process.hrtime` of the time 0 of all records, as text. */
  readonly epochNs: string;
}

/** One of Redis or Memcached, and perhaps a database behind it. */
export interface ServerUrls {
  readonly redis?: string;
  readonly memcached?: string;
  readonly database?: string;
}

export type Order =
  | { readonly do: 'play' | 'pause' | 'look' | 'read-all' | 'leave' }
  | { readonly do: 'invalidate'; readonly keys: readonly string[] }
  | { readonly do: 'spin'; readonly forMs: number }
  | { readonly do: 'answer'; readonly ask: number; readonly ids: readonly number[]; readonly atMs: number };

export type Told =
  | { readonly tell: 'ready' | 'left' }
  | { readonly tell: 'current'; readonly ask: number; readonly keys: readonly string[] }
  | {
      readonly tell: 'install';
      readonly ask: number;
      readonly keys: readonly string[];
      /** Of the new data, when the instance has made it already; else the origin does. */
      readonly id?: number;
    }
  | ({ readonly tell: 'records' } & Records)
  /** Operations that have not settled. */
  | { readonly tell: 'open'; readonly what: readonly string[] };

export interface Records {
  readonly reads: ReadRecord[];
  readonly invalidations: InvalidationRecord[];
  readonly loads: LoadRecord[];
  /** Reads that were rejected although no loader was to blame. */
  readonly refused: Refusal[];
}

export interface ReadRecord {
  readonly key: string;
  readonly how: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined when the cache had nothing. */
  readonly datum: Datum | undefined;
  readonly isLast: boolean;
}

export interface InvalidationRecord {
  readonly keys: readonly string[];
  readonly what: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly coversMs: number;
  /** Of what was installed with it. */
  readonly ids: readonly number[];
  /** Why it was rejected. */
  readonly error?: string;
}

export interface LoadRecord {
  readonly key: string;
  readonly askedMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly datum: Datum | undefined;
}

export interface Refusal {
  readonly key: string;
  readonly atMs: number;
  readonly message: string;
}

export const FAILING = 'the origin fails';
export const NAMESPACE = 'nemesis';
