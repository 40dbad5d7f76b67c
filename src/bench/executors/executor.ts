import type { Clock } from '../../base/clock.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Acts } from '../drivers/driver.ts';
import type { Recording } from '../recording.ts';

/** What an executor does, whatever carries out the operations. */
export interface Loop {
  readonly recording: Recording;
  readonly nextOperation: () => Operation;
  readonly nextKey: () => number;
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
