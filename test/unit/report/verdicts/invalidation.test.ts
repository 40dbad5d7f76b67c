import { expect, test } from 'vitest';
import { invalidationVerdict } from '../../../../src/report/verdicts/invalidation.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';

const variant = (title: string, metrics: Readonly<Record<string, number>>): VariantResult => ({
  id: title,
  title,
  tiers: ['l1', 'redis'],
  measuredMs: 1000,
  metrics: {
    'stale.bound': 1000,
    'stale.ratio': 0,
    'stale.beyond_bound': 0,
    'visible.unseen': 0,
    ...metrics,
  },
  histograms: {},
  seconds: [],
  errors: [],
});

const verdictOf = (...variants: readonly VariantResult[]): string =>
  invalidationVerdict({ variants } as unknown as RunResult)
    .join(' ')
    .replaceAll('\u00A0', ' ');

const seen = { 'visible_everywhere.p50': 2.1, 'visible_everywhere.p99': 9 };
const late = { 'visible_everywhere.p50': 1500, 'visible_everywhere.p99': 3000 };
const bounded = variant('bounded', { ...seen, 'stale.ratio': 0.0002, 'stale.max_age': 12 });
const ttl = variant('TTL only', {
  ...late,
  'stale.ratio': 0.4,
  'stale.max_age': 2900,
  'stale.beyond_bound': 70,
});

test('the best is held against the first, and who did not keep to its level is named', () => {
  expect(verdictOf(ttl, bounded)).toBe(
    'With bounded a change was visible everywhere within 2.10 ms (p50) to 9.00 ms (p99) of its acknowledgement, ' +
      'and 0.02 % of the reads were stale, the oldest by 12.0 ms where 1.00 s is allowed; ' +
      'with TTL only 1.50 s to 3.00 s, and 40.0 % stale, the oldest by 2.90 s. ' +
      'TTL only: 70 stale reads older than allowed.',
  );
});

test('the one that breaks nothing is better than one that is sooner', () => {
  const sooner = variant('sooner', {
    'visible_everywhere.p50': 1,
    'visible_everywhere.p99': 2,
    'visible.unseen': 1,
  });
  expect(verdictOf(ttl, sooner, bounded)).toMatch(/^With bounded .*sooner: 1 change not seen to the end\.$/);
});

test('of two without a stale read the one that is sooner is better', () => {
  const strict = variant('strict', late);
  expect(verdictOf(strict, variant('lucky', seen))).toMatch(
    /^With lucky .* and no read was stale; with strict 1.50 s to 3.00 s, none stale. All kept/,
  );
});

test('one that nobody saw, and none at all', () => {
  expect(verdictOf(variant('bounded', {}))).toBe(
    'With bounded no change was seen everywhere, and no read was stale. All kept to what their level allows.',
  );
  expect(verdictOf()).toBe('Nothing was measured.');
});
