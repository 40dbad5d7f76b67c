import { delay } from '../../base/deadline.ts';
import { measureLoad, type Measured } from '../load-phase.ts';
import { withShare } from '../share.ts';
import type { Task } from '../instances/application.ts';

export interface LoadParams {
  /** When all instances begin, wall clock. */
  readonly startAtMs: number;
}

/** The instance's share of the scenario's load. */
export const loadTask: Task<LoadParams, Measured> = {
  name: 'load',
  run: async (application, { startAtMs }) => {
    const { spec, bed, subject, host, clock, signal, onProgress } = application;
    const { variant, share } = spec;
    await delay(clock, Math.max(0, startAtMs - clock.wallMs()));
    const run = {
      scenario: withShare(spec.scenario, share),
      variant,
      index: 0,
      count: 1,
      bed,
      host,
      clock,
      signal,
      onProgress,
      share,
    };
    return measureLoad(run, subject);
  },
};
