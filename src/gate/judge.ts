import { findVariant, type RunResult } from '../results/run-result.ts';
import { type Gate, OPERATORS } from './gate.ts';
import type { GateResult, Verdict } from './verdict.ts';

/**
 * Holds a run against its gates. A gate without a variant judges the main one. Gates fail closed: one whose
 * figure is missing, whose variant completed no operation, or whose run did not end by itself has failed.
 */
export function judge(gates: readonly Gate[], result: RunResult): Verdict {
  const results = gates.map((gate) => judgeOne(gate, result));
  return { passed: results.every((gate) => gate.passed), gates: results };
}

function judgeOne(gate: Gate, result: RunResult): GateResult {
  const id = gate.variant ?? result.scenario.variants.at(-1) ?? '';
  const measured = findVariant(result, id)?.metrics[gate.metric];
  const actual = measured !== undefined && Number.isFinite(measured) ? measured : undefined;
  const reason = whyUnjudged(gate, result, id, actual);
  const passed = reason === undefined && actual !== undefined && OPERATORS[gate.operator](actual, gate.limit);
  return {
    expression: gate.expression,
    origin: gate.origin,
    variant: id,
    metric: gate.metric,
    actual,
    limit: gate.limit,
    passed,
    margin: actual === undefined ? undefined : marginOf(gate, actual),
    ...(reason === undefined ? {} : { reason }),
  };
}

function whyUnjudged(
  gate: Gate,
  result: RunResult,
  id: string,
  actual: number | undefined,
): string | undefined {
  const incomplete = whyIncomplete(result);
  if (incomplete !== undefined) return incomplete;
  const variant = findVariant(result, id);
  if (variant === undefined) return `variant '${id}' was not measured`;
  if (variant.metrics['operations'] === 0) return `variant '${id}' completed no operation`;
  if (actual === undefined) return `${gate.metric} was not measured in variant '${id}'`;
  return undefined;
}

/** Why a run did not end by itself; undefined when it did. */
export function whyIncomplete({ outcome }: RunResult): string | undefined {
  if (outcome === 'interrupted') return 'the run was interrupted';
  return outcome === 'server_lost' ? 'a server was lost during the run' : undefined;
}

/** Distance to the limit as a share of it, positive on the good side. */
export function marginOf(
  { operator, limit }: Pick<Gate, 'operator' | 'limit'>,
  actual: number,
): number | undefined {
  if (limit === 0) return undefined;
  const distance = (actual - limit) / limit;
  if (operator === '==') return distance === 0 ? 0 : -Math.abs(distance);
  const towardsGood = operator === '<' || operator === '<=' ? -distance : distance;
  return towardsGood === 0 ? 0 : towardsGood;
}
