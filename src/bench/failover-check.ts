import { CachectlError } from '../base/errors.ts';
import { formatDuration } from '../base/units.ts';
import type { Scenario, Variant } from '../config/scenario.ts';
import { checkFaultsPossible } from '../testbed/faults/possible.ts';
import type { Target } from '../testbed/target.ts';

/**
 * Finds what flags can make impossible in a failover, before anything starts; other kinds pass.
 * @throws CachectlError `NOT_SUPPORTED`, `BAD_USAGE`
 */
export function checkFailover(scenario: Scenario, variants: readonly Variant[], target: Target): void {
  const { work, durationMs } = scenario;
  if (work.kind !== 'failover') return;
  if (variants.some(({ fault }) => fault === undefined)) {
    throw new CachectlError('BAD_USAGE', `${scenario.name}: only the engine is measured in a failover`, {
      hint: 'leave --driver out',
    });
  }
  const endMs = work.afterMs + work.forMs;
  if (durationMs <= endMs) {
    throw new CachectlError(
      'BAD_USAGE',
      `${scenario.name}: in ${formatDuration(durationMs)} nothing is left to recover in: the fault ends after ${formatDuration(endMs)}`,
      { hint: `give a --duration of more than ${formatDuration(endMs)}` },
    );
  }
  checkFaultsPossible(variants, target);
}
