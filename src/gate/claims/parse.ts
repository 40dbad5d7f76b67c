import { CachectlError, type Problem } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { findMetric } from '../../metrics/catalog.ts';
import type { MetricDefinition } from '../../metrics/metric.ts';
import { parseLimit } from '../limit.ts';
import { parseCondition, placeOf, splitCondition, unknownMetric, unknownOperator } from '../parse.ts';
import { isOperator } from '../gate.ts';
import type { ChangeKind, ChangeOf, Claim, ClaimSource, Measure } from './claim.ts';

const HINT =
  "A claim holds if [variant:]metric operator limit, as in 'after:latency.p50 <= 5ms', or if a change does, as in 'reduction(origin.loads, before -> after) >= 70%' or 'factor(latency.mean, before -> after) <= 0.5'.";

const CHANGES: Readonly<Record<ChangeKind, MetricDefinition['unit']>> = {
  reduction: 'ratio',
  factor: 'factor',
};

type Condition = Pick<Claim, 'measure' | 'operator' | 'limit'>;
type Parsed = Condition | { readonly problem: string };

/** Parses the expressions of all claims. @throws CachectlError `BAD_SCENARIO` with every problem found */
export function parseClaims(sources: readonly ClaimSource[]): readonly Claim[] {
  const parsed = sources.map((source) => ({ source, condition: parse(source.expression.trim()) }));
  refuse(
    parsed.flatMap(({ source, condition }) =>
      'problem' in condition ? [problemOf(source, condition.problem)] : [],
    ),
  );
  return parsed.flatMap(({ source, condition }) =>
    'problem' in condition ? [] : [{ ...source, ...condition }],
  );
}

/**
 * Checks, before a run, that every variant a claim names is one of the run's.
 * @throws CachectlError `BAD_SCENARIO` with every problem found
 */
export function checkClaims(claims: readonly Claim[], variantIds: readonly string[]): void {
  refuse(
    claims.flatMap((claim) =>
      variantsOf(claim.measure)
        .filter((id) => !variantIds.includes(id))
        .map((id) => {
          const known = `${didYouMean(id, variantIds)} (there are: ${variantIds.join(', ')})`;
          return problemOf(claim, `there is no variant '${id}'${known}`);
        }),
    ),
  );
}

function variantsOf(measure: Measure): readonly string[] {
  if (measure.kind !== 'metric') return [measure.from, measure.to];
  return measure.variant === undefined ? [] : [measure.variant];
}

function parse(expression: string): Parsed {
  const call = /^([^\s()<>=:]*)\s*\(([^()]*)\)(.*)$/s.exec(expression);
  if (call === null) return parseMetric(expression);
  const [name = '', inner = '', condition = ''] = call.slice(1);
  if (!isChange(name)) {
    return {
      problem: `there is no function '${name}'${didYouMean(name, Object.keys(CHANGES))}; there are reduction and factor`,
    };
  }
  const measure = parseChange(name, inner);
  if ('problem' in measure) return measure;
  const split = splitCondition(condition);
  if ('problem' in split) return split;
  if (split.subject !== '')
    return { problem: `'${split.subject}' stands between ${name}(…) and the operator` };
  if (!isOperator(split.operator)) return { problem: unknownOperator(split.operator) };
  const limit = parseLimit(split.limit, { name, unit: CHANGES[name], better: 'neither', meaning: '' });
  return 'problem' in limit ? limit : { measure, operator: split.operator, limit: limit.limit };
}

function parseMetric(expression: string): Parsed {
  const condition = parseCondition(expression);
  if ('problem' in condition) return condition;
  const { variant, metric, operator, limit } = condition;
  return { measure: { kind: 'metric', metric, variant }, operator, limit };
}

/** What is between the brackets: `metric, from -> to`. */
function parseChange(kind: ChangeKind, inner: string): ChangeOf | { readonly problem: string } {
  const parts = /^([^,]*),(.*?)(?:->|→)(.*)$/s.exec(inner);
  if (parts === null)
    return { problem: `${kind} needs a metric and two variants, as in ${kind}(errors, before -> after)` };
  const [metric = '', from = '', to = ''] = parts.slice(1).map((part) => part.trim());
  if (findMetric(metric) === undefined) return { problem: unknownMetric(metric) };
  if (from === '' || to === '')
    return { problem: `there is no variant ${from === '' ? 'before' : 'after'} '->'` };
  if (from === to) return { problem: `both variants are '${from}'` };
  return { kind, metric, from, to };
}

function isChange(name: string): name is ChangeKind {
  return Object.hasOwn(CHANGES, name);
}

function problemOf({ origin, expression }: ClaimSource, message: string): Problem {
  return { ...placeOf(origin), message: `claim '${expression}': ${message}` };
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const message = problems.length === 1 ? first.message : `${problems.length} claims are wrong`;
  throw new CachectlError('BAD_SCENARIO', message, { hint: HINT, problems });
}
