import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Queue } from '../backends/queue.ts';
import type { Codec } from './codec.ts';
import type { PerKey } from './held-writes.ts';
import type { Duration } from './options.ts';
import type { QueuedWrite } from './queued-writes.ts';

export interface WriteBehindOptions<T = unknown> {
  /** Where `queueWrites` puts the writes. It is not closed by the worker. */
  readonly queue: Queue;
  /** Brings writes into the database, in their order, and is done when its promise resolves; see `startWriteBehind`. Aborted at `applyTimeout`. */
  readonly apply: (writes: readonly QueuedWrite<T>[], context: ApplyContext) => unknown;
  /**
   * Keeps a write that could not be applied, for people to look at: `(write) => deadLetters.append([write.body])`.
   * When it resolved, the write leaves the queue.
   */
  readonly onPoison: (write: PoisonWrite) => unknown;
  /** As the one that queued. Default JSON. */
  readonly codec?: Codec;
  /** Name of this worker; must differ from those of others that run. Default: random. */
  readonly consumer?: string;
  /** Most writes that are passed to `apply` at once. Default 100. */
  readonly batch?: number;
  /** Default `every`. */
  readonly perKey?: PerKey;
  /** A write is given up when it failed so often while others could be applied. Default 8. */
  readonly maxFailures?: number;
  /** Default 10 s. */
  readonly applyTimeout?: Duration;
  /** When a worker gave no sign of life for this long, others take its writes; at least twice `applyTimeout`. Default 60 s. */
  readonly abandonedAfter?: Duration;
  /** Pause after a first failure, doubled with each further one, and shortened by a random part of up to a half. Default 200 ms. */
  readonly firstBackoff?: Duration;
  /** Longest such pause. Default 30 s. */
  readonly longestBackoff?: Duration;
  /** Hears of each failure that the worker got over. It must not throw. */
  readonly onError?: (failure: WriteBehindFailure) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ApplyContext {
  readonly signal: AbortSignal;
}

export interface PoisonWrite {
  readonly id: string;
  readonly sequence: bigint;
  /** What was queued, byte for byte. */
  readonly body: Uint8Array;
  /** Undefined when the body cannot be read. */
  readonly write: QueuedWrite | undefined;
  readonly error: unknown;
}

export interface WriteBehindFailure {
  readonly stage: 'take' | 'apply' | 'acknowledge' | 'poison';
  readonly error: unknown;
}

export interface WriteBehindCounts {
  /** Writes that `apply` resolved for. */
  readonly applied: number;
  /** Calls of `apply` that failed. */
  readonly failures: number;
  /** Writes that were given up. */
  readonly poisoned: number;
  /** Writes that a newer one of their key made needless; only with `perKey: 'latest'`. */
  readonly superseded: number;
}
