import type { Operation } from '../../workload/operations.ts';
import type { CallbackDriver, Succeeded } from '../drivers/driver.ts';
import type { Recording } from '../recording.ts';
import type { Loop } from './executor.ts';
import type { ConnectionPlan } from '../schedule.ts';
import { MAX_REST_MS, MAX_WAIT_MS, PAUSE_MS } from './closed-loop.ts';

/**
 * The closed loop of a driver that works by callbacks: `connections` times `pipeline` callers, each of which begins its
 * next operation when its last has ended. No promise is made for an operation. With `think` a caller pauses
 * for so many milliseconds before each.
 */
export function runRawLoop(
  driver: CallbackDriver,
  plan: Loop,
  connections: ConnectionPlan,
  pipeline: number,
  think?: () => number,
): Promise<void> {
  const { clock, recording, signal, endMs } = plan;
  // Asking the signal each time would cost an operation a percent.
  let stopped = signal.aborted;
  const stop = (): void => void (stopped = true);
  signal.addEventListener('abort', stop);
  const run = new EqualRun(recording);
  return new Promise((resolve) => {
    const startMs = clock.nowMs();
    let inUse = connections.at(0);
    let changeMs = startMs + connections.changeAfter(0);
    let callers = connections.most * pipeline;
    const begin = (slot: number, nowMs: number): void =>
      driver.begin(plan.nextOperation(), plan.nextKey(), slot, nowMs, nowMs);
    const rest = (slot: number, untilMs: number): void => {
      const nowMs = clock.nowMs();
      if (nowMs < untilMs && !stopped) {
        clock.setTimer(() => rest(slot, untilMs), Math.min(untilMs - nowMs, MAX_REST_MS));
      } else if (nowMs >= endMs || stopped || slot >= connections.at(nowMs - startMs)) next(slot, nowMs);
      else begin(slot, nowMs);
    };
    const next = (slot: number, nowMs: number): void => {
      if (nowMs >= changeMs) {
        inUse = connections.at(nowMs - startMs);
        changeMs = startMs + connections.changeAfter(nowMs - startMs);
      }
      if (slot >= inUse && nowMs < endMs && !stopped) {
        const waitMs = Math.min(changeMs - nowMs, endMs - nowMs, MAX_WAIT_MS);
        clock.setTimer(() => next(slot, clock.nowMs()), waitMs);
        return;
      }
      if (nowMs < endMs && !stopped) {
        if (think === undefined) begin(slot, nowMs);
        else rest(slot, Math.min(nowMs + think(), endMs));
        return;
      }
      callers--;
      if (callers > 0) return;
      signal.removeEventListener('abort', stop);
      run.close();
      resolve();
    };
    driver.listen({
      ended: (operation, slot, due, _sent, endedMs, outcome) => {
        run.add(operation, due, endedMs, outcome);
        next(slot, endedMs);
      },
      failed: (slot, due, endedMs, error) => {
        recording.failed(due, endedMs, error);
        clock.setTimer(() => next(slot, clock.nowMs()), PAUSE_MS);
      },
    });
    for (let caller = connections.most * pipeline - 1; caller >= 0; caller--) {
      next(caller % connections.most, startMs);
    }
  });
}

/**
 * Records operations that were begun together and answered together once for all: what a pipeline answers in one read
 * mostly differs in nothing that is recorded.
 */
class EqualRun {
  readonly #recording: Recording;
  #operation: Operation = 'get';
  #due = 0;
  #endedMs = 0;
  #outcome: Succeeded = 'hit';
  #count = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  add(operation: Operation, due: number, endedMs: number, outcome: Succeeded): void {
    if (
      endedMs !== this.#endedMs ||
      due !== this.#due ||
      operation !== this.#operation ||
      outcome !== this.#outcome
    ) {
      this.close();
      this.#operation = operation;
      this.#due = due;
      this.#endedMs = endedMs;
      this.#outcome = outcome;
    }
    this.#count++;
  }

  /** Records what has not been recorded yet. */
  close(): void {
    if (this.#count === 0) return;
    this.#recording.done(this.#operation, this.#due, this.#due, this.#endedMs, this.#outcome, this.#count);
    this.#count = 0;
  }
}
