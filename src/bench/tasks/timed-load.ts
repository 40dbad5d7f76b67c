import { machineMs } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Task } from '../instances/application.ts';
import { LoadLog, type LoadTimes } from '../load-log.ts';
import { measureLoad, type Measured } from '../load-phase.ts';
import { subshare, withShare } from '../share.ts';
import { type Slot, SlotLog } from '../slots.ts';

/** Times are milliseconds of the clock that all processes of the machine share. */
export interface TimedLoadParams {
  readonly startAtMs: number;
  /** When the first slot begins: the same for all instances, whenever they start. */
  readonly fromMs: number;
  /** When no more operations begin, unless it is ended earlier. */
  readonly untilMs: number;
  /** An instance that takes the place of another must not ask for the same keys in the same order again. */
  readonly generation: 0 | 1;
}

export interface TimedLoad {
  readonly measured: Measured;
  readonly slots: readonly Slot[];
  /** Loads from the origin. */
  readonly loads: LoadTimes;
}

/** The instance's share of the scenario's load, with what happened in each slot of it. */
export const timedLoadTask: Task<TimedLoadParams, TimedLoad> = {
  name: 'timed-load',
  run: async (application, { startAtMs, fromMs, untilMs, generation }) => {
    const { spec, bed, host, clock, signal, onProgress } = application;
    const { variant, share } = spec;
    const log = new LoadLog();
    const { subject } = application;
    if (subject.system === undefined) {
      throw new CachectlError('BAD_SCENARIO', `a ${spec.scenario.kind} needs a tier`, {
        hint: `give variant '${variant.id}' tiers, such as [l1, redis]`,
      });
    }
    subject.hooks.noteLoad = (load) => log.note(load);
    // an end of all work ends the wait, too, and then the load before it begins
    await delay(clock, Math.max(0, startAtMs - machineMs()), signal).catch(() => {});
    // negative for an instance that starts later than the others: its measured part has begun with theirs
    const warmupMs = fromMs - machineMs();
    const scenario = { ...withShare(spec.scenario, share), warmupMs, durationMs: untilMs - fromMs };
    const place = { scenario, variant, index: 0, count: 1, bed, host, clock, signal, onProgress };
    const run = { ...place, share, drawShare: subshare(share, { index: generation, count: 2 }) };
    const nearHits = (): number => subject.system?.cache.counts().tiers['l1']?.hits ?? 0;
    const follower = new SlotLog(clock.nowMs() + warmupMs, nearHits);
    const measured = await measureLoad(run, subject, { follower });
    return { measured, slots: follower.finish(), loads: log.times() };
  },
};
