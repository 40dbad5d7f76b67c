import { CachectlError, isCachectlError, type Problem } from '../../base/errors.ts';
import type { Fault, Variant } from '../../config/scenario.ts';
import type { Target } from '../target.ts';
import { wayTo } from './way.ts';

/**
 * Finds out before anything starts what cannot be done to the servers of a target: those that are given are not ours
 * to stop or kill, and the embedded database is no server.
 * @throws CachectlError `NOT_SUPPORTED` with one problem for each variant
 */
export function checkFaultsPossible(variants: readonly Variant[], target: Target): void {
  const problems = variants.flatMap(({ id, fault }): readonly Problem[] => {
    const message = fault && obstacle(fault, target);
    return message === undefined ? [] : [{ message: `variant '${id}': ${message}` }];
  });
  if (problems.length === 0) return;
  const hint =
    'a given server can be slow, reset, partition or refuse; what is not given is started privately, and can be stopped and killed too';
  throw new CachectlError('NOT_SUPPORTED', problems.map(({ message }) => message).join('\n'), {
    problems,
    hint,
  });
}

/** Why a fault cannot be had on this target. */
function obstacle({ tier, kind }: Fault, target: Target): string | undefined {
  const url = target[tier] ?? (tier === 'database' ? 'sqlite:' : undefined);
  if (url === undefined) return undefined;
  try {
    wayTo(tier, url);
  } catch (error) {
    if (isCachectlError(error, 'NOT_SUPPORTED')) return error.message;
    throw error;
  }
  const signal = kind === 'stop' || kind === 'kill';
  return signal ? `${tier} is given, and '${kind}' is only for servers that the run has started` : undefined;
}
