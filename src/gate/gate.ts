/** How a measurement is held against the limit. `==` is exact: it is meant for counts, as in `errors == 0`. */
export type Operator = '<' | '<=' | '>' | '>=' | '==';

export const OPERATORS: Readonly<Record<Operator, (actual: number, limit: number) => boolean>> = {
  '<': (actual, limit) => actual < limit,
  '<=': (actual, limit) => actual <= limit,
  '>': (actual, limit) => actual > limit,
  '>=': (actual, limit) => actual >= limit,
  '==': (actual, limit) => actual === limit,
};

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text);
}

/** A gate as it was written. */
export interface GateSource {
  readonly expression: string;
  /** Where it was written, for messages: `quickstart.yaml:31` or `--gate`. */
  readonly origin: string;
}

/** One condition that a run must meet. */
export interface Gate extends GateSource {
  /** Id of the variant it judges; undefined for the main one. */
  readonly variant: string | undefined;
  readonly metric: string;
  readonly operator: Operator;
  /** In the metric's unit: milliseconds, operations per second, a fraction, bytes or a count. */
  readonly limit: number;
}
