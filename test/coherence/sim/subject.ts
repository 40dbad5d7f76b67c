import type { Cache } from '../../../src/engine/cache.ts';
import type { CoherenceLevel } from '../../../src/engine/options.ts';
import type { FaultBus } from '../../../src/backends/fault-bus.ts';
import type { FaultLine } from '../../../src/backends/fault-line.ts';
import type { Random } from '../../../src/base/random.ts';
import type { SimClock } from './sim-clock.ts';

/** The part of a cache that simulations use. */
export type CacheUnderTest = Pick<Cache, 'get' | 'getOrLoad' | 'invalidate' | 'write' | 'close'>;

/** Instances of an application over one shared store. */
export interface Cluster {
  readonly instances: readonly SimInstance[];
  /** Most loads of a key for its first value and for each invalidation, while nothing fails. */
  readonly loadsPerInvalidation: number;
  /** Whether an invalidation that was rejected is made up for as soon as it can be. */
  readonly makesUp: boolean;
  /** Whether all that was rejected has been made up for. */
  isSettled(): boolean;
  /** The server forgets something by itself. */
  lose(what: Loss): void;
}

export interface SimInstance {
  readonly cache: CacheUnderTest;
  /** Its ways to the shared tiers, nearest first. */
  readonly lines: readonly FaultLine[];
  /** Its end of the bus; undefined where instances do not talk. */
  readonly bus: FaultBus | undefined;
}

/** `entry`: one key's; `tags`: all records of tags; `ledger`: what is known of the namespace; `all`: everything. */
export type Loss =
  | { readonly kind: 'entry'; readonly key: string }
  | { readonly kind: 'tags' | 'ledger' | 'all' };

export interface ClusterOptions {
  readonly instances: number;
  readonly level: CoherenceLevel;
  readonly boundMs: number;
  readonly deadlineMs: number;
  readonly throttleMs: number;
  readonly lifetimeMs: number;
  readonly staleMs: number;
  readonly slides: boolean;
  /** Shared tiers that are wanted; who cannot have more than one has one. */
  readonly tiers: number;
  readonly clock: SimClock;
  readonly random: Random;
}

/** What is tested: how to open a cluster of it. All must be ready before its time runs. */
export type OpenCluster = (options: ClusterOptions) => Cluster | Promise<Cluster>;
