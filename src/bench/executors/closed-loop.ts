import { delay } from '../../base/deadline.ts';
import { nextTurn } from '../../base/clock.ts';
import type { ConnectionPlan } from '../schedule.ts';
import type { LoopPlan } from './executor.ts';

/** Operations that never leave the process end without a turn of the event loop; it gets one at least this often. */
const TURN_MS = 0.2;
const IN_PROCESS_MS = 0.05;
/** Pause of a connection after a failure, so that a server that is gone is not asked a million times a second. */
export const PAUSE_MS = 1;
/** Longest wait of a connection that is not in use without a look at the signal. */
export const MAX_WAIT_MS = 50;
/** Longest part of a think time without a look at the signal: there can be very many users. */
export const MAX_REST_MS = 1000;

/**
 * Closed loop: on each of the connections `pipeline` callers send their next operation when their last one has been
 * answered. It finds what a number of clients gets out of a cache; its latencies say little about a fixed demand, because it
 * waits whenever the cache does (Schroeder, Wierman, Harchol-Balter, NSDI 2006). With `think` a caller is a user,
 * who pauses for so many milliseconds before each operation.
 */
export async function runClosedLoop(
  plan: LoopPlan,
  connections: ConnectionPlan,
  pipeline = 1,
  think?: () => number,
): Promise<void> {
  const { clock } = plan;
  const start = clock.nowMs();
  let lastTurn = start;
  let inUse = connections.at(0);
  let change = start + connections.changeAfter(0);

  const caller = async (slot: number): Promise<void> => {
    let now = clock.nowMs();
    while (now < plan.endMs && !plan.signal.aborted) {
      if (now >= change) {
        inUse = connections.at(now - start);
        change = start + connections.changeAfter(now - start);
      }
      if (slot >= inUse) {
        await delay(clock, Math.min(change - now, plan.endMs - now, MAX_WAIT_MS));
        now = clock.nowMs();
        continue;
      }
      while (plan.supply?.isReady === false) {
        if (!(await plan.supply.refill())) return;
        now = clock.nowMs();
      }
      if (think !== undefined) {
        now = await restUntil(plan, now + think());
        if (now >= plan.endMs || plan.signal.aborted || slot >= connections.at(now - start)) continue;
      }
      const operation = plan.nextOperation();
      const key = plan.nextKey();
      const sent = now;
      try {
        const { send, judge } = plan.driver[operation];
        const judged = judge(await send(key, slot), key, slot);
        const outcome = typeof judged === 'string' ? judged : await judged;
        now = clock.nowMs();
        plan.recording.done(operation, sent, sent, now, outcome);
      } catch (error) {
        now = clock.nowMs();
        plan.recording.failed(sent, now, error, operation);
        await delay(clock, PAUSE_MS);
        now = clock.nowMs();
      }
      if (now - sent < IN_PROCESS_MS && now - lastTurn > TURN_MS) {
        await nextTurn();
        now = clock.nowMs();
        lastTurn = now;
      }
    }
  };

  const callers = connections.most * pipeline;
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number % connections.most)));
}

/** Waits until then, or until the plan ends; gives the time it is. */
async function restUntil({ clock, endMs, signal }: LoopPlan, untilMs: number): Promise<number> {
  const until = Math.min(untilMs, endMs);
  let now = clock.nowMs();
  while (now < until && !signal.aborted) {
    await delay(clock, Math.min(until - now, MAX_REST_MS));
    now = clock.nowMs();
  }
  return now;
}
