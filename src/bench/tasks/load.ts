import { delay } from '../../base/deadline.ts';
import { measureLoad, type Measured } from '../load-phase.ts';
import { withShare } from '../share.ts';
import type { Application, Task } from '../instances/application.ts';
import type { VariantRun } from '../plan.ts';

export interface LoadParams {
  /** When all instances begin, wall clock. */
  readonly startAtMs: number;
  /** File that the instance records its operations in. */
  readonly record?: string | undefined;
}

/** The instance's share of the scenario's load. */
export const loadTask: Task<LoadParams, Measured> = {
  name: 'load',
  run: async (application, { startAtMs, record }) => {
    const { subject, clock } = application;
    await delay(clock, Math.max(0, startAtMs - clock.wallMs()));
    return measureLoad({ ...runOf(application), record }, subject);
  },
};

/** The instance's share of the variant, as a run of its own. */
export function runOf({ spec, bed, host, clock, signal, onProgress }: Application): VariantRun {
  const { variant, share } = spec;
  const scenario = withShare(spec.scenario, share);
  return { scenario, variant, index: 0, count: 1, bed, host, clock, signal, onProgress, share };
}
