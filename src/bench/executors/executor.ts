import type { Clock } from '../../base/clock.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Acts } from '../drivers/driver.ts';
import type { Recording } from '../recording.ts';

/** Operations that come from somewhere and end, unlike those that are drawn. */
export interface Supply {
  /** Whether an operation can be taken now. */
  readonly isReady: boolean;
  /** Waits for more; false when there are none. Any number may wait at once, so look at `isReady` again after it. */
  refill(): Promise<boolean>;
}

/** What an executor does, whatever carries out the operations. */
export interface Loop {
  readonly recording: Recording;
  readonly nextOperation: () => Operation;
  /** Asked for once after each `nextOperation`. */
  readonly nextKey: () => number;
  /** Where the two come from, when they can run out; the run ends with it. */
  readonly supply?: Supply | undefined;
  readonly clock: Clock;
  /** Time on the clock at which no more operations begin. */
  readonly endMs: number;
  /** Ends it earlier: no more operations begin, those in flight are awaited. */
  readonly signal: AbortSignal;
}

/** A loop of operations by promises. */
export interface LoopPlan extends Loop {
  readonly driver: Acts;
}
