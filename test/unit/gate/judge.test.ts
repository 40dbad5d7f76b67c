import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Operator, OPERATORS } from '../../../src/gate/gate.ts';
import { judge } from '../../../src/gate/judge.ts';
import { parseGate } from '../../../src/gate/parse.ts';
import type { GateResult } from '../../../src/gate/verdict.ts';
import type { Outcome, RunResult, VariantResult } from '../../../src/results/run-result.ts';

function variant(id: string, metrics: Record<string, number>): VariantResult {
  return { id, title: id, tiers: [], measuredMs: 1000, metrics, histograms: {}, seconds: [], errors: [] };
}

function run(
  variants: readonly VariantResult[],
  outcome: Outcome = 'complete',
  planned?: string[],
): RunResult {
  const ids = planned ?? variants.map(({ id }) => id);
  return {
    schema: 'cachectl.bench/1',
    cachectl: '0.1.0',
    startedAt: '2026-03-01T12:00:00.000Z',
    scenario: {
      name: 's',
      title: '',
      kind: 'load',
      file: '',
      seed: 1,
      load: { model: 'closed', connections: 1 },
      variants: ids,
      resolved: {},
    },
    environment: { node: '', platform: '', cpu: '', cores: 1, memoryBytes: 1, servers: [] },
    variants,
    warnings: [],
    outcome,
  };
}

function judgeOne(expression: string, result: RunResult): GateResult {
  const { gates, passed } = judge([parseGate(expression, '--gate')], result);
  const [gate] = gates;
  if (gate === undefined) throw new Error('no result for the gate');
  expect(passed).toBe(gate.passed);
  return gate;
}

const both = run([
  variant('none', { operations: 10, 'latency.p99': 20, hit_ratio: 0 }),
  variant('all', { operations: 10, 'latency.p99': 4, hit_ratio: 0.97, errors: 0 }),
]);

describe('a gate', () => {
  test.each([
    ['latency.p99 < 5ms', 'all', true, 0.2],
    ['latency.p99 < 4ms', 'all', false, 0],
    ['latency.p99 <= 4ms', 'all', true, 0],
    ['latency.p99 > 4ms', 'all', false, 0],
    ['latency.p99 >= 4ms', 'all', true, 0],
    ['none:latency.p99 < 5ms', 'none', false, -3],
    ['hit_ratio >= 0.5', 'all', true, 0.94],
    ['errors == 0', 'all', true, undefined],
    ['latency.p99 == 4ms', 'all', true, 0],
    ['latency.p99 == 5ms', 'all', false, -0.2],
  ])('%s', (expression, id, passed, margin) => {
    const gate = judgeOne(expression, both);
    expect(gate).toMatchObject({ expression, origin: '--gate', variant: id, passed });
    expect(gate.margin === undefined ? undefined : Number(gate.margin.toFixed(12))).toBe(margin);
    expect(gate).not.toHaveProperty('reason');
  });

  test('passes exactly when its margin is on the good side, whatever the figures', () => {
    const figure = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    const operators = Object.keys(OPERATORS).filter((each): each is Operator => each in OPERATORS);
    fc.assert(
      fc.property(figure, figure, fc.constantFrom(...operators), (actual, limit, operator) => {
        const gate = {
          expression: '',
          origin: '',
          variant: undefined,
          metric: 'latency.p99',
          operator,
          limit,
        };
        const [judged] = judge([gate], run([variant('v', { 'latency.p99': actual })])).gates;
        const margin = judged?.margin ?? Number.NaN;
        expect(judged?.passed).toBe(operator === '<' || operator === '>' ? margin > 0 : margin >= 0);
      }),
    );
  });
});

describe('a gate fails closed', () => {
  test.each([
    ['when the metric was not measured', 'redis.hit_ratio > 1%', both, 'redis.hit_ratio was not measured'],
    [
      'when the main variant was not reached, though an earlier one would pass',
      'latency.p99 < 50ms',
      run(both.variants, 'complete', ['none', 'all', 'later']),
      "variant 'later' was not measured",
    ],
    [
      'when nothing was done, though there were no errors',
      'errors == 0',
      run([variant('v', { operations: 0, errors: 0 })]),
      "variant 'v' completed no operation",
    ],
    [
      'when the figure is no number',
      'throughput > 1/s',
      run([variant('v', { throughput: Infinity })]),
      'throughput was not measured',
    ],
    ['when the run was interrupted', 'latency.p99 < 5ms', run(both.variants, 'interrupted'), 'interrupted'],
    ['when a server was lost', 'latency.p99 < 5ms', run(both.variants, 'server_lost'), 'server was lost'],
    ['when there is no variant at all', 'latency.p99 < 5ms', run([]), 'was not measured'],
  ])('%s', (_when, expression, result, reason) => {
    const gate = judgeOne(expression, result);
    expect(gate.passed).toBe(false);
    expect(gate.reason).toContain(reason);
  });
});

test('one failed gate fails the verdict, and no gates pass', () => {
  const gates = ['errors == 0', 'latency.p99 < 1ms'].map((expression) => parseGate(expression, '--gate'));
  expect(judge(gates, both)).toMatchObject({ passed: false, gates: [{ passed: true }, { passed: false }] });
  expect(judge([], both)).toEqual({ passed: true, gates: [] });
});
