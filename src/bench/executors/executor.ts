import type { Clock } from '../../base/clock.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Driver } from '../drivers.ts';
import type { Recording } from '../recording.ts';

/** What an executor carries out. */
export interface LoopPlan {
  readonly driver: Driver;
  readonly recording: Recording;
  readonly nextOperation: () => Operation;
  readonly nextKey: () => number;
  readonly clock: Clock;
  /** Time on the clock at which no more operations begin. */
  readonly endMs: number;
  /** Ends it earlier: no more operations begin, those in flight are awaited. */
  readonly signal: AbortSignal;
}
