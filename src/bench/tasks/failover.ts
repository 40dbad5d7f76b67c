import { machineMs } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { tellingSource } from '../drivers/telling-source.ts';
import type { Application, Task } from '../instances/application.ts';
import { measureLoad, type Measured } from '../load-phase.ts';
import { type Slot, Timeline } from '../timeline.ts';
import { runOf } from './load.ts';

export interface FailoverParams {
  /** When all instances begin to warm up, on the clock that all processes of the machine share. */
  readonly startAtMs: number;
}

export interface FailoverResult {
  readonly measured: Measured;
  readonly slots: readonly Slot[];
}

/** How often the loads from the origin are counted, in milliseconds. */
const LOOK_MS = 20;

/** The instance's share of the load, in slots: it does not know of the fault. */
export const failoverTask: Task<FailoverParams, FailoverResult> = {
  name: 'failover',
  run: async (application, { startAtMs }) => {
    const { spec, subject, clock } = application;
    const { warmupMs, durationMs } = spec.scenario;
    const startMs = clock.nowMs() + startAtMs - machineMs();
    await delay(clock, Math.max(0, startMs - clock.nowMs()));
    const timeline = new Timeline(startMs + warmupMs, durationMs);
    const tell = (source: string): void => {
      if (source === spec.variant.fault?.tier) timeline.tierHit(clock.nowMs());
    };
    const driver = 'begin' in subject.driver ? subject.driver : tellingSource(subject.driver, tell);
    const stop = countLoads(application, timeline);
    try {
      const options = { follower: timeline, outages: 'expected' } as const;
      const measured = await measureLoad(runOf(application), { ...subject, driver }, options);
      return { measured, slots: timeline.slots };
    } finally {
      stop();
    }
  },
};

function countLoads({ subject, clock }: Application, timeline: Timeline): () => void {
  let counted = subject.originLoads();
  const look = (): void => {
    const loads = subject.originLoads();
    timeline.loaded(clock.nowMs(), loads - counted);
    counted = loads;
    cancel = clock.setTimer(look, LOOK_MS);
  };
  let cancel = clock.setTimer(look, LOOK_MS);
  return () => cancel();
}
