import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CachectlError } from '../../../../src/base/errors.ts';
import type { ClaimResult, ClaimSource } from '../../../../src/gate/claims/claim.ts';
import { judgeClaims } from '../../../../src/gate/claims/judge.ts';
import { checkClaims, parseClaims } from '../../../../src/gate/claims/parse.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';
import { runOf, SPECS } from '../../report/fixture.ts';

const sourceOf = (expression: string, origin = 'scenarios/a.yaml:7'): ClaimSource => ({
  what: 'it is quick',
  claimed: '5 ms',
  source: 'a document',
  expression,
  origin,
});

const parse = (expression: string): unknown => {
  const [claim] = parseClaims([sourceOf(expression)]);
  return [claim?.measure, claim?.operator, claim?.limit];
};

function errorOf(work: () => unknown): CachectlError {
  try {
    work();
  } catch (error) {
    if (error instanceof CachectlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const change = (kind: string, metric: string, from: string, to: string): unknown => ({
  kind,
  metric,
  from,
  to,
});

describe('parseClaims', () => {
  test.each([
    ['latency.p50 <= 5ms', { kind: 'metric', metric: 'latency.p50', variant: undefined }, '<=', 5],
    ['after : hit_ratio >= 95%', { kind: 'metric', metric: 'hit_ratio', variant: 'after' }, '>=', 0.95],
    [
      'reduction(origin.loads, none -> all) >= 70%',
      change('reduction', 'origin.loads', 'none', 'all'),
      '>=',
      0.7,
    ],
    [
      'reduction ( origin.loads,none→all )>=70%',
      change('reduction', 'origin.loads', 'none', 'all'),
      '>=',
      0.7,
    ],
    ['factor(latency.mean, a-b -> a-c) < 0.5', change('factor', 'latency.mean', 'a-b', 'a-c'), '<', 0.5],
    ['factor(throughput, a -> b) >= 3', change('factor', 'throughput', 'a', 'b'), '>=', 3],
  ])('%s', (expression, measure, operator, limit) => {
    expect(parse(expression)).toEqual([measure, operator, limit]);
  });

  test.each([
    ['latency.p50 <= 5', "'5' has no unit"],
    ['ratio(latency.p50, a -> b) <= 1', "no function 'ratio'"],
    ['reduktion(errors, a -> b) >= 1%', "did you mean 'reduction'?; there are reduction and factor"],
    ['reduction(origin.loads, a -> b) >= 70', "'70' is over 1, and reduction is a ratio; write 70%"],
    ['reduction(origin.loads, a -> b) >= 170%', 'at most 100 %'],
    ['factor(errors, a -> b) >= 70%', "'70%' is not a number"],
    ['reduction(errors) >= 70%', 'reduction needs a metric and two variants'],
    ['reduction(errors, a) >= 70%', 'reduction needs a metric and two variants'],
    ['reduction(errors, -> b) >= 70%', "no variant before '->'"],
    ['reduction(errors, a -> ) >= 70%', "no variant after '->'"],
    ['reduction(errors, a -> a) >= 70%', "both variants are 'a'"],
    ['reduction(eror, a -> b) >= 70%', "no metric 'eror', did you mean 'errors'?"],
    ['reduction(errors, a -> b)', 'it is empty'],
    ['reduction(errors, a -> b) twice >= 70%', "'twice' stands between reduction(…) and the operator"],
    ['reduction(errors, a -> b) => 70%', 'write >='],
    ['reduction(errors, a -> b >= 70%', 'no metric'],
    ['', 'it is empty'],
  ])('%s is refused', (expression, message) => {
    const error = errorOf(() => parse(expression));
    expect(error).toMatchObject({ code: 'BAD_SCENARIO', exitCode: 2 });
    expect(error.message).toContain(message);
    expect(error.hint).toContain('reduction(');
  });

  test('no text at all makes it do anything but parse or refuse', () => {
    const word = fc.constantFrom(
      'reduction',
      '(',
      ')',
      ',',
      '->',
      '→',
      ':',
      'errors',
      'a',
      '>=',
      '<',
      '70%',
      ' ',
      '5ms',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        try {
          const [claim] = parseClaims([sourceOf(words.join(''))]);
          expect(Number.isFinite(claim?.limit)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CachectlError);
        }
      }),
    );
  });

  test('all that are wrong are told at once, each at its place, and so are variants that there are not', () => {
    const wrong = errorOf(() => parseClaims([sourceOf('x < 1', 'a.yaml:3'), sourceOf('', 'a.yaml:9')]));
    expect(wrong.message).toBe('2 claims are wrong');
    expect(wrong.problems).toMatchObject([
      { file: 'a.yaml', line: 3 },
      { file: 'a.yaml', line: 9 },
    ]);
    const claims = parseClaims([sourceOf('al:errors < 1'), sourceOf('factor(errors, none -> nine) < 1')]);
    expect(
      errorOf(() => checkClaims(claims, ['none', 'all'])).problems.map(({ message }) => message),
    ).toEqual([
      "claim 'al:errors < 1': there is no variant 'al', did you mean 'all'? (there are: none, all)",
      "claim 'factor(errors, none -> nine) < 1': there is no variant 'nine', did you mean 'none'? (there are: none, all)",
    ]);
  });
});

const measured = (id: string, metrics: Record<string, number>): VariantResult => ({
  id,
  title: id,
  tiers: [],
  measuredMs: 1000,
  metrics,
  histograms: {},
  seconds: [],
  errors: [],
});

const run: RunResult = runOf(SPECS.slice(0, 2), {
  variants: [
    measured('none', {
      operations: 900,
      'latency.p50': 100,
      'latency.p99': 300,
      'origin.loads': 900,
      hit_ratio: 0,
    }),
    measured('all', { operations: 2000, 'latency.p50': 4, 'latency.p99': 90, 'origin.loads': 180 }),
    measured('idle', { operations: 0, 'origin.loads': 0, 'latency.p50': 0 }),
  ],
  scenario: { ...runOf().scenario, variants: ['none', 'idle', 'lost', 'all'] },
});

function judgeOne(expression: string, result: RunResult = run): ClaimResult {
  const [judged] = judgeClaims(parseClaims([sourceOf(expression)]), result);
  if (judged === undefined) throw new Error('no result for the claim');
  return judged;
}

describe('a claim', () => {
  test.each([
    ['latency.p50 <= 5ms', 'reproduced', 4, 0.2],
    ['none:latency.p50 <= 50ms', 'refuted', 100, -1],
    ['reduction(origin.loads, none -> all) >= 70%', 'reproduced', 0.8, 1 / 7],
    ['reduction(origin.loads, none -> all) >= 90%', 'refuted', 0.8, -1 / 9],
    ['reduction(origin.loads, all -> none) >= 10%', 'refuted', -4, -41],
    ['factor(latency.p50, none -> all) <= 0.05', 'reproduced', 0.04, 0.2],
    ['factor(latency.p50, all -> none) <= 5', 'refuted', 25, -4],
  ])('%s', (expression, verdict, actual, margin) => {
    const result = judgeOne(expression);
    expect(result).toMatchObject({ verdict, what: 'it is quick', claimed: '5 ms', source: 'a document' });
    expect(result.measured).toBeCloseTo(actual, 12);
    expect(result.margin).toBeCloseTo(margin, 12);
    expect(result).not.toHaveProperty('reason');
  });

  test('of a change has both figures in the unit of the metric', () => {
    expect(judgeOne('reduction(latency.p50, none -> all) >= 70%').values).toEqual({ from: 100, to: 4 });
    expect(judgeOne('latency.p50 <= 5ms')).not.toHaveProperty('values');
  });

  test.each([
    ['idle:latency.p50 <= 5ms', "variant 'idle' completed no operation"],
    ['lost:latency.p50 <= 5ms', "variant 'lost' was not measured"],
    ['hit_ratio >= 0%', "hit_ratio was not measured in variant 'all'"],
    ['none:latency.p99 >= 1ms', "variant 'none' completed only 900 operations, too few for latency.p99"],
    ['factor(latency.p99, none -> all) >= 0', 'only 900 operations, too few for latency.p99'],
    ['factor(hit_ratio, none -> all) >= 0', "hit_ratio was not measured in variant 'all'"],
    ['factor(origin.loads, idle -> all) >= 0', "variant 'idle' completed no operation"],
  ])('%s is not shown', (expression, reason) => {
    const result = judgeOne(expression);
    expect(result).toMatchObject({ verdict: 'not shown', measured: undefined, margin: undefined });
    expect(result.reason).toContain(reason);
  });

  test('is not shown by a change from nothing', () => {
    const variants = [
      measured('a', { operations: 5, errors: 0 }),
      measured('b', { operations: 5, errors: 2 }),
    ];
    expect(judgeOne('factor(errors, a -> b) >= 0', { ...run, variants })).toMatchObject({
      verdict: 'not shown',
      reason: "errors is 0 in variant 'a'",
    });
  });

  test.each(['interrupted', 'server_lost'] as const)('is not shown by a run that was %s', (outcome) => {
    const result = judgeOne('latency.p50 <= 5ms', { ...run, outcome });
    expect(result).toMatchObject({ verdict: 'not shown', measured: 4 });
  });

  test('is not shown by a variant that cannot be trusted, while the others still count', () => {
    const doubtful: RunResult = {
      ...run,
      warnings: [
        { code: 'generator_starved', variant: 'none', message: 'no CPU' },
        { code: 'few_samples', variant: 'all', message: 'few' },
      ],
    };
    expect(judgeOne('latency.p50 <= 5ms', doubtful).verdict).toBe('reproduced');
    expect(judgeOne('factor(latency.p50, none -> all) <= 1', doubtful)).toMatchObject({
      verdict: 'not shown',
      measured: 0.04,
      reason: 'not to be trusted: no CPU',
    });
  });
});

test('counts of a generator that was starved are right, its times are not', () => {
  const starved: RunResult = {
    ...run,
    warnings: [{ code: 'generator_starved', variant: 'all', message: 'no CPU' }],
  };
  expect(judgeOne('origin.loads == 180', starved).verdict).toBe('reproduced');
  expect(judgeOne('latency.p50 <= 5ms', starved).verdict).toBe('not shown');
  const other: RunResult = {
    ...run,
    warnings: [{ code: 'rate_not_reached', variant: 'all', message: 'half of it' }],
  };
  expect(judgeOne('origin.loads == 180', other).verdict).toBe('not shown');
});

test('a tier that often leaves a load without an answer shows nothing; other kinds make it fail on purpose', () => {
  const withErrors = (errors: number): RunResult => ({
    ...run,
    variants: [
      { ...measured('all', { operations: 2000, hit_ratio: 0.8, 'redis.errors': errors }), tiers: ['redis'] },
    ],
  });
  expect(judgeOne('hit_ratio >= 90%', withErrors(10)).verdict).toBe('refuted');
  expect(judgeOne('hit_ratio >= 90%', withErrors(11))).toMatchObject({
    verdict: 'not shown',
    measured: 0.8,
    reason: "in variant 'all' redis left 11 of 2000 operations without an answer",
  });
  const failing = withErrors(1000);
  const failover = { ...failing, scenario: { ...failing.scenario, kind: 'failover' } };
  expect(judgeOne('hit_ratio >= 90%', failover).verdict).toBe('refuted');
});
