import { machineMs } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { Fleet } from './instances/fleet.ts';
import type { VariantRun } from './plan.ts';
import { type TimedLoad, timedLoadTask } from './tasks/timed-load.ts';

/** Part of the scenario's duration before the first instance is replaced, and after the last one is back. */
const AROUND = 1 / 4;
/** How long the replacing may take beyond the scenario's duration, in milliseconds. */
const PATIENCE_MS = 120_000;

export interface RolloutPlan {
  readonly startAtMs: number;
  readonly pauseMs: number;
}

/** Times are milliseconds of the clock that all processes of the machine share. */
export interface Rollout {
  /** What all instances measured, the replaced ones too. */
  readonly parts: readonly [TimedLoad, ...TimedLoad[]];
  /** When the measured part began: the warm-up was before it. */
  readonly fromMs: number;
  /** When the first instance was taken out. */
  readonly beganMs: number;
  /** When the last one was back. */
  readonly endedMs: number;
  readonly untilMs: number;
}

/**
 * A rolling deploy under load: one instance after another lets its work end, is replaced by one with empty memory, and
 * takes up its share of the load again. What an instance would have been asked meanwhile is asked of nobody. The load ends
 * when the scenario's duration is over and the last instance has been back for a quarter of it.
 * @throws CachectlError `INSTANCE_LOST`
 */
export async function rollOut(run: VariantRun, fleet: Fleet, plan: RolloutPlan): Promise<Rollout> {
  const { warmupMs, durationMs } = run.scenario;
  const fromMs = plan.startAtMs + warmupMs;
  const begin = (index: number, generation: 0 | 1): Promise<TimedLoad> => {
    const untilMs = fromMs + durationMs + PATIENCE_MS;
    const work = fleet.one(index, timedLoadTask, { startAtMs: plan.startAtMs, fromMs, untilMs, generation });
    // it is waited for later: until then its failure is nobody's
    work.catch(() => {});
    return work;
  };
  const working = Array.from({ length: fleet.size }, (_, index) => begin(index, 0));
  const parts: TimedLoad[] = [];
  await until(run, fromMs + durationMs * AROUND);
  const beganMs = machineMs();
  for (let index = 0; index < fleet.size && !run.signal.aborted; index++) {
    fleet.drain(index);
    parts.push(await (working[index] as Promise<TimedLoad>));
    await fleet.restart(index);
    working[index] = begin(index, 1);
    if (index < fleet.size - 1) await until(run, machineMs() + plan.pauseMs);
  }
  const endedMs = machineMs();
  await until(run, Math.max(fromMs + durationMs, endedMs + durationMs * AROUND));
  const untilMs = machineMs();
  fleet.stop();
  const [first, ...others] = [...parts, ...(await Promise.all(working))];
  if (first === undefined) throw new CachectlError('UNEXPECTED', 'a deploy of no instances');
  return { parts: [first, ...others], fromMs, beganMs, endedMs, untilMs };
}

/** Waits until then, or until the run is interrupted. */
async function until({ clock, signal }: VariantRun, ms: number): Promise<void> {
  await delay(clock, Math.max(0, ms - machineMs()), signal).catch(() => {});
}
