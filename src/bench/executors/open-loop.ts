import { nextTurn } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import type { Pacer } from '../../workload/arrivals.ts';
import type { Acts, CallbackDriver, Driver } from '../drivers/driver.ts';
import type { Loop } from './executor.ts';

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
export async function runOpenLoop(
  plan: Loop & { readonly driver: Driver },
  options: OpenLoopOptions,
): Promise<number> {
  const { clock } = plan;
  const start = clock.nowMs();
  let inFlight = 0;
  let sequence = 0;
  let onEnd: () => void = () => {};
  const oneEnds = (): Promise<void> =>
    new Promise((resolve) => {
      onEnd = resolve;
    });

  const ended = (): void => {
    inFlight--;
    onEnd();
  };
  const { driver } = plan;
  const begin = 'begin' in driver ? byCallbacks(driver, plan, ended) : byPromises(driver, plan, ended);
  const fire = (due: number, sent: number): void => {
    inFlight++;
    begin(plan.nextOperation(), plan.nextKey(), sequence++ % options.connections, due, sent);
  };

  const nextDue = (): number => start + options.pacer.nextDueMs();
  const { supply } = plan;
  if (supply?.isReady === false && !(await supply.refill())) return 0;
  let due = nextDue();
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
      fire(due, now);
      if (supply?.isReady === false && !(await supply.refill())) break;
      due = nextDue();
    }
  }
  while (inFlight > 0) await oneEnds();
  return waitedMs;
}

type Begin = CallbackDriver['begin'];
type Told = Pick<Loop, 'recording' | 'clock'>;

function byPromises(acts: Acts, { recording, clock }: Told, ended: () => void): Begin {
  const carryOut = async (...[operation, key, slot, due, sent]: Parameters<Begin>): Promise<void> => {
    try {
      const { send, judge } = acts[operation];
      const judged = judge(await send(key, slot), key, slot);
      const outcome = typeof judged === 'string' ? judged : await judged;
      recording.done(operation, due, sent, clock.nowMs(), outcome);
    } catch (error) {
      recording.failed(due, clock.nowMs(), error);
    }
    ended();
  };
  return (...operation) => void carryOut(...operation);
}

function byCallbacks(driver: CallbackDriver, { recording }: Told, ended: () => void): Begin {
  driver.listen({
    ended: (operation, _slot, due, sent, endedMs, outcome) => {
      recording.done(operation, due, sent, endedMs, outcome);
      ended();
    },
    failed: (_slot, due, endedMs, error) => {
      recording.failed(due, endedMs, error);
      ended();
    },
  });
  return driver.begin;
}
