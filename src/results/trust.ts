import type { RunResult, Warning } from './run-result.ts';

/** What makes a result that of something else than was meant to be measured. */
const FATAL: ReadonlySet<Warning['code']> = new Set([
  'generator_saturated',
  'generator_starved',
  'rate_not_reached',
  'hit_ratio_missed',
  'instance_lost',
  'course_not_ended',
]);

/** The warnings that make a result not trustworthy; a result without any can be gated and compared. */
export function doubtsOf({ warnings }: RunResult): readonly Warning[] {
  return warnings.filter(({ code }) => FATAL.has(code));
}
