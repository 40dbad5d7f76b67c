import { CachectlError, type Problem } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { findMetric, METRICS, nearestMetric } from '../metrics/catalog.ts';
import { type Gate, type GateSource, isOperator, type Operator, OPERATORS } from './gate.ts';
import { parseLimit } from './limit.ts';

const HINT =
  "A gate is [variant:]metric operator limit, as in 'latency.p99 < 5ms' or 'redis:hit_ratio >= 90%'.";

type Parsed = { readonly gate: Gate } | { readonly problem: string };

/**
 * Parses `[variant:]metric operator limit[unit]`, with one of the operators `<`, `<=`, `>`, `>=`, `==`.
 * @throws CachectlError BAD_GATE that says what is wrong and names the nearest known metric.
 */
export function parseGate(expression: string, origin: string): Gate {
  const [gate] = parseGates([{ expression, origin }]);
  if (gate === undefined) throw new CachectlError('UNEXPECTED', 'a gate was neither parsed nor refused');
  return gate;
}

/** Parses all gates. @throws CachectlError BAD_GATE with every problem found, one for each wrong gate. */
export function parseGates(sources: readonly GateSource[]): readonly Gate[] {
  const parsed = sources.map((source) => ({ source, outcome: parse(source) }));
  refuse(
    parsed.flatMap(({ source, outcome }) =>
      'problem' in outcome ? [problemOf(source, outcome.problem)] : [],
    ),
  );
  return parsed.flatMap(({ outcome }) => ('gate' in outcome ? [outcome.gate] : []));
}

/**
 * Checks, before a run, that every variant a gate names is one of the run's.
 * @throws CachectlError BAD_GATE with every problem found.
 */
export function checkGates(gates: readonly Gate[], variantIds: readonly string[]): void {
  refuse(
    gates.flatMap((gate) => {
      if (gate.variant === undefined || variantIds.includes(gate.variant)) return [];
      const known = `${didYouMean(gate.variant, variantIds)} (there are: ${variantIds.join(', ')})`;
      return [problemOf(gate, `there is no variant '${gate.variant}'${known}`)];
    }),
  );
}

function parse(source: GateSource): Parsed {
  const condition = parseCondition(source.expression);
  return 'problem' in condition ? condition : { gate: { ...source, ...condition } };
}

/** Parses `[variant:]metric operator limit[unit]`; what is wrong comes back as a sentence. */
export function parseCondition(
  expression: string,
): Pick<Gate, 'variant' | 'metric' | 'operator' | 'limit'> | { readonly problem: string } {
  const split = splitCondition(expression);
  if ('problem' in split) return split;
  const { subject, operator } = split;
  const colon = subject.lastIndexOf(':');
  const variant = colon < 0 ? undefined : subject.slice(0, colon).trim();
  const name = subject.slice(colon + 1).trim();
  if (variant === '') return { problem: `there is no variant before ':'` };
  if (name === '') return { problem: 'there is no metric before the operator' };
  const metric = findMetric(name);
  if (metric === undefined) return { problem: unknownMetric(name) };
  if (!isOperator(operator)) return { problem: unknownOperator(operator) };
  const limit = parseLimit(split.limit, metric);
  return 'problem' in limit ? limit : { variant, metric: name, operator, limit: limit.limit };
}

/** The three parts of a condition, as they are written. */
export function splitCondition(
  expression: string,
):
  | { readonly subject: string; readonly operator: string; readonly limit: string }
  | { readonly problem: string } {
  const match = /^([^<>=≤≥!~]*)([<>=≤≥!~]+)(.*)$/s.exec(expression);
  if (match === null) {
    return { problem: expression.trim() === '' ? 'it is empty' : 'it has no operator' };
  }
  const [subject = '', operator = '', limit = ''] = match.slice(1).map((part) => part.trim());
  return { subject, operator, limit };
}

/** A sentence that names what was probably meant. */
export function unknownMetric(name: string): string {
  const near = nearestMetric(name);
  if (near !== undefined) return `there is no metric '${name}', did you mean '${near}'?`;
  const family = METRICS.filter((metric) => metric.name.startsWith(`${name}.`)).map((metric) => metric.name);
  if (family.length > 0) return `there is no metric '${name}'; there are ${family.join(', ')}`;
  return `there is no metric '${name}'; there are ${METRICS.map((metric) => metric.name).join(', ')}`;
}

const MEANT: Readonly<Record<string, Operator>> = {
  '=': '==',
  '===': '==',
  '≤': '<=',
  '≥': '>=',
  '=<': '<=',
  '=>': '>=',
};

/** A sentence that says what to write instead. */
export function unknownOperator(text: string): string {
  const meant = MEANT[text];
  const advice = meant === undefined ? `use one of ${Object.keys(OPERATORS).join(' ')}` : `write ${meant}`;
  return `'${text}' is not an operator; ${advice}`;
}

function problemOf({ origin, expression }: GateSource, message: string): Problem {
  return { ...placeOf(origin), message: `gate '${expression}': ${message}` };
}

/** Where something was written: a line of a file, or else a flag. */
export function placeOf(origin: string): Pick<Problem, 'file' | 'line' | 'key'> {
  const at = /^(.+):(\d+)$/.exec(origin);
  return at === null ? { key: origin } : { file: at[1] ?? '', line: Number(at[2]) };
}

function refuse(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const message = problems.length === 1 ? first.message : `${problems.length} gates are wrong`;
  throw new CachectlError('BAD_GATE', message, { hint: HINT, problems });
}
