import { nextTurn } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import type { Pacer } from '../../workload/arrivals.ts';
import type { LoopPlan } from './executor.ts';

export interface OpenLoopOptions {
  readonly pacer: Pacer;
  /** Slots that operations are spread over in turn. */
  readonly connections: number;
  readonly maxInFlight: number;
}

/** Timers fire up to some milliseconds late: the last part of a wait is spent turning the event loop. */
const TIMER_SLACK_MS = 2;
/** Longest wait without a look at the signal. */
const MAX_WAIT_MS = 50;
/** When many operations are due at once, answers are looked at this often in between. */
const TURN_MS = 0.5;

/**
 * Open loop: operations begin when the pacer says, whatever became of the earlier ones, and their latency
 * counts from then. So a stall is seen by all who would have come during it, and there is no coordinated
 * omission. Beyond `maxInFlight` arrivals wait, and their latency grows by that; gives the time in which they
 * did, in milliseconds.
 */
export async function runOpenLoop(plan: LoopPlan, options: OpenLoopOptions): Promise<number> {
  const { clock } = plan;
  const start = clock.nowMs();
  let inFlight = 0;
  let sequence = 0;
  let onEnd: () => void = () => {};
  const oneEnds = (): Promise<void> =>
    new Promise((resolve) => {
      onEnd = resolve;
    });

  const fire = async (due: number, sent: number): Promise<void> => {
    const operation = plan.nextOperation();
    const key = plan.nextKey();
    const slot = sequence++ % options.connections;
    inFlight++;
    try {
      const { send, judge } = plan.driver[operation];
      const judged = judge(await send(key, slot), key, slot);
      const outcome = typeof judged === 'string' ? judged : await judged;
      plan.recording.done(operation, due, sent, clock.nowMs(), outcome);
    } catch (error) {
      plan.recording.failed(due, clock.nowMs(), error);
    }
    inFlight--;
    onEnd();
  };

  let due = start + options.pacer.nextDueMs();
  let lastTurn = start;
  let waitedMs = 0;
  while (due < plan.endMs && !plan.signal.aborted) {
    const now = clock.nowMs();
    if (due > now) {
      const wait = due - now - TIMER_SLACK_MS;
      await (wait > 0 ? delay(clock, Math.min(wait, MAX_WAIT_MS)) : nextTurn());
      lastTurn = clock.nowMs();
    } else if (inFlight >= options.maxInFlight) {
      await oneEnds();
      waitedMs += clock.nowMs() - now;
    } else if (now - lastTurn > TURN_MS) {
      await nextTurn();
      lastTurn = clock.nowMs();
    } else {
      void fire(due, now);
      due = start + options.pacer.nextDueMs();
    }
  }
  while (inFlight > 0) await oneEnds();
  return waitedMs;
}
