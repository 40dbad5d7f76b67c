import { findMetric } from '../../metrics/catalog.ts';
import { findVariant, type RunResult, type Warning } from '../../results/run-result.ts';
import { doubtsOf } from '../../results/trust.ts';
import { OPERATORS } from '../gate.ts';
import { marginOf, whyIncomplete } from '../judge.ts';
import type { ChangeOf, Claim, ClaimResult, Measure } from './claim.ts';

/** Samples beyond a percentile below which it is chance. */
const MIN_BEYOND = 10;

/**
 * Holds a run against what is claimed. A claim is reproduced or refuted only by figures of a run that ended by itself,
 * can be trusted, and has operations enough: all else does not show it.
 */
export function judgeClaims(claims: readonly Claim[], result: RunResult): readonly ClaimResult[] {
  return claims.map((claim) => judgeOne(claim, result));
}

function judgeOne(claim: Claim, result: RunResult): ClaimResult {
  const { what, claimed, source, expression, origin, measure, operator, limit } = claim;
  const common = { what, claimed, source, expression, origin, measure, operator, limit };
  const figure = measureIn(result, measure);
  const measured = 'reason' in figure ? undefined : figure.measured;
  const margin = measured === undefined ? undefined : marginOf(claim, measured);
  const values = 'values' in figure && { values: figure.values };
  const reason = 'reason' in figure ? figure.reason : whyDoubtful(result, measure);
  if (measured === undefined || reason !== undefined) {
    return { ...common, verdict: 'not shown', measured, ...values, margin, reason: reason ?? 'not measured' };
  }
  const verdict = OPERATORS[operator](measured, limit) ? 'reproduced' : 'refuted';
  return { ...common, verdict, measured, ...values, margin };
}

type Figure =
  | { readonly measured: number; readonly values?: { readonly from: number; readonly to: number } }
  | { readonly reason: string };

function measureIn(result: RunResult, measure: Measure): Figure {
  if (measure.kind === 'metric') {
    const value = metricIn(result, measure.variant ?? mainOf(result), measure.metric);
    return typeof value === 'number' ? { measured: value } : value;
  }
  const from = metricIn(result, measure.from, measure.metric);
  const to = metricIn(result, measure.to, measure.metric);
  if (typeof from !== 'number') return from;
  if (typeof to !== 'number') return to;
  if (from === 0) return { reason: `${measure.metric} is 0 in variant '${measure.from}'` };
  return { measured: changeOf(measure, from, to), values: { from, to } };
}

function changeOf({ kind }: ChangeOf, from: number, to: number): number {
  return kind === 'factor' ? to / from : (from - to) / from;
}

function metricIn(result: RunResult, id: string, metric: string): number | { readonly reason: string } {
  const variant = findVariant(result, id);
  if (variant === undefined) return { reason: `variant '${id}' was not measured` };
  const operations = variant.metrics['operations'];
  if (operations === 0) return { reason: `variant '${id}' completed no operation` };
  const value = variant.metrics[metric];
  if (value === undefined || !Number.isFinite(value)) {
    return { reason: `${metric} was not measured in variant '${id}'` };
  }
  const share = shareBeyond(metric);
  if (share === undefined || operations === undefined || operations * share >= MIN_BEYOND) return value;
  return { reason: `variant '${id}' completed only ${operations} operations, too few for ${metric}` };
}

/** The share of the samples that lies beyond a percentile; undefined for another metric. */
function shareBeyond(metric: string): number | undefined {
  const digits = /\.p(\d{2,3})$/.exec(metric)?.[1];
  return digits === undefined ? undefined : 1 - Number(`0.${digits}`);
}

function whyDoubtful(result: RunResult, measure: Measure): string | undefined {
  const ids = measure.kind === 'metric' ? [measure.variant ?? mainOf(result)] : [measure.from, measure.to];
  const doubt = doubtsOf(result).find(
    ({ code, variant }) =>
      (variant === undefined || ids.includes(variant)) && (isTime(measure) || !OF_TIMES.has(code)),
  );
  return (
    whyIncomplete(result) ??
    (doubt === undefined ? undefined : `not to be trusted: ${doubt.message}`) ??
    ids.map((id) => whyUnanswered(result, id)).find((reason) => reason !== undefined)
  );
}

/** Share of the operations of a load that a tier may leave without an answer. */
const MAX_UNANSWERED = 0.005;

/** A tier that fails makes misses that are none. In a load nobody makes it fail, as other kinds do on purpose. */
function whyUnanswered(result: RunResult, id: string): string | undefined {
  const variant = findVariant(result, id);
  if (result.scenario.kind !== 'load' || variant === undefined) return undefined;
  const { metrics } = variant;
  const failing = variant.tiers.find(
    (tier) => (metrics[`${tier}.errors`] ?? 0) > (metrics['operations'] ?? 0) * MAX_UNANSWERED,
  );
  if (failing === undefined) return undefined;
  return `in variant '${id}' ${failing} left ${metrics[`${failing}.errors`]} of ${metrics['operations']} operations without an answer`;
}

/** Doubts about the generator: what it took for times is wrong, and what it counted is right. */
const OF_TIMES: ReadonlySet<Warning['code']> = new Set(['generator_saturated', 'generator_starved']);

function isTime({ metric }: Measure): boolean {
  const unit = findMetric(metric)?.unit;
  return unit === 'ms' || unit === 'per_second';
}

const mainOf = ({ scenario }: RunResult): string => scenario.variants.at(-1) ?? '';
