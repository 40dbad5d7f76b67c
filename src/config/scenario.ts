import type { ClaimSource } from '../gate/claims/claim.ts';
import type { KeyDistributionSpec } from '../workload/distributions.ts';
import type { RateShape } from '../workload/rate-shapes.ts';
import type { TraceFormatName } from '../workload/traces/formats.ts';
import type { ReplayTiming } from '../workload/traces/replay.ts';
import type { Ttls } from '../workload/ttls.ts';
import type { ValueSizes } from '../workload/value-sizes.ts';
import type { EngineSettings } from './engine-schema.ts';
import type { KindName, Work } from './kinds/registry.ts';
import type { Start } from './kinds/warming.ts';

/** A scenario, validated and resolved: every default filled in, every unit converted. Times are milliseconds. */
export interface Scenario {
  readonly name: string;
  /** One line: what it shows. */
  readonly title: string;
  /** Where it came from, for messages. */
  readonly file: string;
  readonly kind: KindName;
  /** What the kind needs besides the rest. */
  readonly work: Work;
  /** Application instances, each a process with an engine and memory of its own; one may be this process. */
  readonly instances: number;
  readonly seed: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly keyspace: Keyspace;
  readonly values: ValueSizes;
  /** Time that each entry lives which is written or loaded. */
  readonly ttl: Ttls;
  readonly operations: OperationMix;
  readonly load: LoadSpec;
  /** Recorded requests that take the place of key space, operations and arrivals. */
  readonly trace?: TraceSpec | undefined;
  readonly origin: OriginSpec;
  readonly tiers: TierSettings;
  /** Run one after another with the same seed and load. The last one is the main one: plain gates judge it. */
  readonly variants: readonly Variant[];
  /** What the workload is meant to come to; a run that misses it has measured something else. */
  readonly expect?: Expectation | undefined;
  readonly gates: readonly GateSpec[];
  /** Kinds of data, as variants name them. */
  readonly policies: readonly PolicySettings[];
  /** What the run is to reproduce or refute. */
  readonly claims: readonly ClaimSource[];
  /** The published workload that sections which the file does not write were taken from. */
  readonly preset?: PresetOrigin;
}

export interface Expectation {
  /** From 0 to 1. */
  readonly hitRatio: number;
  /** How far from it the hit ratio may be, in the same unit. */
  readonly within: number;
}

export interface PresetOrigin {
  /** `twitter/cluster12`. */
  readonly name: string;
  readonly source: string;
  /** Of the production cache, from 0 to 1; absent when it was not published. */
  readonly publishedMissRatio?: number;
  /** What the publication does not tell, and what stands for it. */
  readonly assumptions: readonly string[];
}

type Shifting = Extract<KeyDistributionSpec, { distribution: 'shifting' }> & {
  /** In place of `everyOperations`, at the mean rate of an open load. */
  readonly everyMs?: number;
};

export type Keyspace = (Exclude<KeyDistributionSpec, { distribution: 'shifting' }> | Shifting) & {
  /** Length of each key without the namespace of the run. */
  readonly keyBytes: number;
};

/** Shares of the operations, which add up to 1, and what they need to know. */
export interface OperationMix {
  /** Get, and on a miss load from the origin and fill. */
  readonly getOrLoad: number;
  /** Get alone: a miss stays a miss. */
  readonly get: number;
  /** Get of several keys in one call. */
  readonly multiGet: number;
  readonly set: number;
  readonly delete: number;
  /** Start the time to live anew. */
  readonly touch: number;
  /** Add one to a counter, which has a key of its own beside that of the value. */
  readonly incr: number;
  /** Keys of each multi-get, at least 1; no share. */
  readonly batch: number;
}

/** Which recorded requests are replayed, and how. */
export interface TraceSpec {
  /** Absolute once the scenario's own place is known. */
  readonly file: string;
  /** Found by content and name when it is not given. */
  readonly format?: TraceFormatName | undefined;
  readonly timing: ReplayTiming;
  /** `on`: a read that misses loads and fills. `off`: it stays a miss, as the trace has the fills as sets. */
  readonly lookAside: 'on' | 'off';
  /** So many malformed records are left out; with one more the trace is refused. */
  readonly maxMalformed: number;
  /** So many records are replayed at most; all when it is not given. */
  readonly limit?: number | undefined;
}

export type LoadSpec = ClosedLoad | OpenLoad;

/** Each connection sends its next operation when the last one has been answered. */
export interface ClosedLoad {
  readonly model: 'closed';
  /** The most there are at once. */
  readonly connections: number;
  /** How many there are over time in the measured part; the last stage stays. Absent: always as many. */
  readonly stages?: readonly ConnectionStage[];
  /** Operations in flight on each connection, at least 1. */
  readonly pipeline: number;
  /** Mean time from an answer to the next operation of the same caller, in milliseconds. */
  readonly thinkMs: number;
}

export interface ConnectionStage {
  readonly durationMs: number;
  readonly connections: number;
}

/** Operations begin when they are due, however long the earlier ones take; latency counts from then. */
export interface OpenLoad {
  readonly model: 'open';
  /** Operations per second; how the shape uses it is told there. Of stages it is the mean. */
  readonly rate: number;
  /** How the rate changes in the measured part. */
  readonly shape: RateShape;
  readonly arrival: 'constant' | 'poisson';
  /** Sockets to each server, where the driver has a pool. */
  readonly connections: number;
  /** Operations in flight at once, beyond which arrivals wait (and their latency grows). */
  readonly maxInFlight: number;
}

/** What a miss of every tier costs: a real query of a real database, and the way to it. */
export interface OriginSpec {
  /** Rows that the query aggregates for one key: what makes it heavy. */
  readonly rowsPerKey: number;
  /** Added to each query, for the network that is not between us and a database on this machine. */
  readonly delayMs: number;
}

/** How each tier is set up, for all variants that use it. */
export interface TierSettings {
  readonly l1: { readonly maxEntries: number; readonly maxBytes: number; readonly ttlMs: number };
  readonly redis: { readonly maxMemoryBytes: number; readonly ttlMs: number };
  readonly memcached: { readonly maxMemoryBytes: number; readonly ttlMs: number };
  readonly database: { readonly ttlMs: number };
}

export type TierName = keyof TierSettings;

export interface Variant {
  /** Short and unique, for gates and files: `all`. */
  readonly id: string;
  /** For people: `all tiers`. */
  readonly title: string;
  /** From the nearest to the farthest; none means every read goes to the origin. */
  readonly tiers: readonly TierName[];
  readonly engine: EngineSettings;
  /** Name of the policy whose keys it drives. Without one, keys are numbers. */
  readonly policy?: string;
  /** What a failover does to it; absent in other kinds. */
  readonly fault?: Fault;
  /** What the tiers hold when the load begins; other than `cold`, the default, with kind `warming` alone. */
  readonly start?: Start;
  /** Share of all keys that its in-process tier holds, from 0 to 1, where the kind is `eviction`. */
  readonly room?: number | undefined;
  /** Memory bound of the private server of its own, in bytes, where the kind is `eviction`. */
  readonly maxMemoryBytes?: number | undefined;
}

/** What happens to the server of a tier. */
export interface Fault {
  readonly tier: Exclude<TierName, 'l1'>;
  readonly kind: FaultKind;
}

/**
 * `stop` and `kill` are signals to the server (SIGSTOP and SIGCONT, SIGKILL and a start from empty); the others happen
 * on the way to it.
 */
export type FaultKind = 'stop' | 'kill' | 'slow' | 'reset' | 'partition' | 'refuse';

export interface GateSpec {
  /** As written: `latency.p99 < 5ms`, `redis:hit_ratio >= 90%`. */
  readonly expression: string;
  /** Where it was written, for messages: `quickstart.yaml:31` or `--gate`. */
  readonly origin: string;
}

/** How one kind of data is cached, resolved. */
export interface PolicySettings {
  readonly name: string;
  /** Pattern of its keys: `customer:360:{customer_id}`. */
  readonly key: string;
  /** From the nearest to the farthest. */
  readonly tiers: readonly TierName[];
  /** Time to live in milliseconds, for each of `tiers`. */
  readonly ttlMs: Readonly<Partial<Record<TierName, number>>>;
  readonly strategy: CacheStrategy;
  readonly invalidation: 'time' | 'event';
  /** Events that invalidate; none when `invalidation` is `time`. */
  readonly on: readonly string[];
  /** Patterns of its tags, with the parameters of `key`. */
  readonly tags: readonly string[];
  /** Each read starts the time to live again. */
  readonly sliding: boolean;
  /** Of a counter: how many are let through in any window as long as its time to live. */
  readonly limit?: number | undefined;
}

export type CacheStrategy = 'cache-aside' | 'write-through' | 'write-behind' | 'counter';
