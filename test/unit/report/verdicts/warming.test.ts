import { expect, test } from 'vitest';
import { warmingVerdict } from '../../../../src/report/verdicts/warming.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';
import { runOf } from '../fixture.ts';

function variant(title: string, metrics: Record<string, number>): VariantResult {
  const nothing = { histograms: {}, seconds: [], errors: [] };
  return { id: title, title, tiers: ['l1', 'redis'], measuredMs: 1000, metrics, ...nothing };
}

const run = (...variants: readonly VariantResult[]): RunResult => runOf([], { variants });
const textOf = (said: readonly string[]): string => said.join(' ').replaceAll('\u00A0', ' ');

const cold = variant('cold', {
  'warmup.steady.hit_ratio': 0.87,
  'warmup.time_to_90': 4100,
  'warmup.l1.time_to_90': 5200,
  'warmup.origin.loads': 5210,
});

test('what each start has cost, in one sentence', () => {
  const warmed = variant('warmed', {
    'warmup.steady.hit_ratio': 0.87,
    'warmup.time_to_90': 0,
    'warmup.l1.time_to_90': 0,
    'warmup.origin.loads': 0,
    'warmup.preload.loads': 2000,
  });
  const rolling = variant('rolling deploy', {
    'warmup.steady.hit_ratio': 0.87,
    'warmup.steady.l1.hit_ratio': 0.6,
    'warmup.dip': 0.71,
    'warmup.dip.duration': 400,
    'warmup.l1.dip': 0.25,
    'warmup.origin.loads': 311,
  });
  expect(textOf(warmingVerdict(run(cold, warmed, rolling)))).toBe(
    'Cold: 90 % of the steady hit ratio (87.0 %) after 4.10 s and 5210 loads (that of L1 after 5.20 s); ' +
      'warmed: 90 % of the steady hit ratio (87.0 %) at once, 2000 loads before the start; ' +
      'rolling deploy: the hit ratio dips from 87.0 % to 71.0 %, for 400 ms below 90 % of it, ' +
      'that of L1 from 60.0 % to 25.0 %, 311 loads.',
  );
});

test('what was not reached is said, and what was not measured is not', () => {
  const never = variant('cold', { 'warmup.steady.hit_ratio': 0.5, 'warmup.origin.loads': 99 });
  expect(textOf(warmingVerdict(run(never)))).toBe(
    'Cold: not at 90 % of the steady hit ratio (50.0 %) within the run, after 99 loads.',
  );
  expect(textOf(warmingVerdict(run()))).toBe('Nothing was measured.');
});

test('a deploy that nobody felt', () => {
  const rolling = variant('rolling', {
    'warmup.steady.hit_ratio': 0.9,
    'warmup.dip': 0.91,
    'warmup.dip.duration': 0,
    'warmup.origin.loads': 3,
  });
  expect(textOf(warmingVerdict(run(rolling)))).toBe(
    'Rolling: the hit ratio stays at 90.0 % or above, 3 loads.',
  );
});
