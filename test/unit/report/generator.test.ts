import { expect, test } from 'vitest';
import { renderGenerator } from '../../../src/report/generator.ts';
import { styleFor } from '../../../src/report/style.ts';
import type { RunResult, Warning } from '../../../src/results/run-result.ts';
import { runOf } from './fixture.ts';

const complete = runOf();
const plain = styleFor(false);
const [base] = complete.variants;
if (base === undefined) throw new Error('the fixture has no variant');

const run = (
  metrics: readonly Record<string, number>[],
  codes: readonly Warning['code'][] = [],
): RunResult => ({
  ...complete,
  variants: metrics.map((each, i) => ({ ...base, id: `v${i}`, metrics: { operations: 1, ...each } })),
  warnings: codes.map((code) => ({ code, variant: 'v0', message: 'why' })),
});

const shown = (result: RunResult): string =>
  renderGenerator(result, 400, plain).join(' ').replaceAll('\u00A0', ' ');

test('says of the generator what was worst in any variant', () => {
  const result = run([
    { 'schedule_slip.p99': 0.5, 'event_loop.utilization': 0.2, 'generator.cores': 0.3, errors: 0 },
    { 'schedule_slip.p99': 2, 'event_loop.utilization': 0.7, 'generator.cores': 0.1, errors: 0 },
  ]);
  expect(shown(result)).toBe(
    "Trustworthy, p99 sent 2.00 ms late, generator's loop 70.0 % busy, 0.30 cores used, no errors.",
  );
});

test('says how much of the offered rate was reached', () => {
  const result = run([
    { throughput: 1000, offered_rate: 1000 },
    { throughput: 400, offered_rate: 1000 },
  ]);
  expect(shown(result)).toContain('40.0 % of the offered rate reached');
});

test.each([
  'generator_saturated',
  'generator_starved',
  'rate_not_reached',
  'hit_ratio_missed',
  'instance_lost',
] as const)('%s makes it not trustworthy', (code) => {
  expect(shown(run([{}], [code]))).toMatch(/^Not trustworthy/);
});

test.each(['few_samples', 'evictions', 'errors', 'leftovers'] as const)('%s does not', (code) => {
  expect(shown(run([{}], [code]))).toMatch(/^Trustworthy/);
});

test('a run that did not end by itself is not judged', () => {
  expect(shown({ ...run([{}]), outcome: 'interrupted' })).toBe('');
});
