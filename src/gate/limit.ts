import { parseDuration, parseRate, parseRatio, parseSize } from '../base/units.ts';
import type { MetricDefinition, MetricUnit } from '../metrics/metric.ts';

interface LimitSyntax {
  readonly what: string;
  readonly example: string;
  readonly parse: (text: string) => number | undefined;
}

const SYNTAX: Readonly<Record<MetricUnit, LimitSyntax>> = {
  ms: { what: 'a duration', example: '5ms', parse: parseDuration },
  per_second: { what: 'a rate', example: '2000/s', parse: parseRate },
  ratio: { what: 'a ratio', example: '90%', parse: parseRatio },
  factor: { what: 'a number', example: '1', parse: parseCount },
  count: { what: 'a count', example: '0', parse: parseCount },
  bytes: { what: 'a size', example: '64MiB', parse: parseSize },
};

/** Parses `0`, `1_000`, `12.5k`, `3M` to a number. */
function parseCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kM]?)$/.exec(text.replaceAll('_', ''));
  if (match === null) return undefined;
  return Number(match[1]) * (match[2] === 'k' ? 1e3 : match[2] === 'M' ? 1e6 : 1);
}

const isBareNumber = (text: string): boolean => /^[\d_]+(\.\d+)?$/.test(text);

/** The limit in the metric's unit, or a sentence that says what is wrong with it and what to write instead. */
export function parseLimit(
  text: string,
  metric: MetricDefinition,
): { readonly limit: number } | { readonly problem: string } {
  const { what, example, parse } = SYNTAX[metric.unit];
  if (text === '') return { problem: `there is no limit after the operator; write one, as ${example}` };
  if (text.startsWith('-')) return { problem: `'${text}' is negative; ${metric.name} is never below 0` };
  const limit = parse(text);
  if (limit !== undefined && metric.unit === 'ratio' && limit > 1) {
    return { problem: `'${text}' is over 100 %, and ${metric.name} is at most 100 %` };
  }
  if (limit !== undefined && Number.isFinite(limit)) return { limit };
  if (isBareNumber(text) && metric.unit === 'ms') {
    return { problem: `'${text}' has no unit, and ${metric.name} is a duration; write ${text}ms` };
  }
  if (isBareNumber(text) && metric.unit === 'ratio') {
    return { problem: `'${text}' is over 1, and ${metric.name} is a ratio; write ${text}% or a fraction` };
  }
  return { problem: `'${text}' is not ${what}, and ${metric.name} is one; write it as ${example}` };
}
