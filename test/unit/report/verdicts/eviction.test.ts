import { expect, test } from 'vitest';
import { evictionVerdict } from '../../../../src/report/verdicts/eviction.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';

function variant(
  policy: string,
  room: number,
  hitRatio: number,
  more: Record<string, number> = {},
): VariantResult {
  return {
    id: `${policy}-${room}`,
    title: `${policy}, ${room * 100}%`,
    tiers: ['l1'],
    measuredMs: 1000,
    metrics: { 'cache.room': room, 'steady.hit_ratio': hitRatio, ...more },
    histograms: {},
    seconds: [],
    errors: [],
  };
}

const verdict = (...variants: readonly VariantResult[]): readonly string[] =>
  evictionVerdict({ variants } as Partial<RunResult> as RunResult).map((line) =>
    line.replaceAll('\u00a0', ' '),
  );

test('the knee of each policy is told, the curve beginning at no room and no hits', () => {
  expect(
    verdict(
      variant('LRU', 0.1, 0.5),
      variant('LRU', 0.5, 0.8),
      variant('LRU', 0.2, 0.75),
      variant('SIEVE', 0.1, 0.7),
      variant('SIEVE', 0.5, 0.8),
    ),
  ).toEqual([
    'LRU hit 75.0 % with room for 20.0 % of the keys, the knee of its curve, and 80.0 % with room for 50.0 % of the keys.',
    'SIEVE hit 70.0 % with room for 10.0 % of the keys, the knee of its curve, and 80.0 % with room for 50.0 % of the keys.',
  ]);
});

test('a curve without a knee has none', () => {
  expect(verdict(variant('LRU', 0.1, 0.1), variant('LRU', 0.5, 0.5))).toEqual([
    'LRU hit 50.0 % with room for 50.0 % of the keys, and its curve has no knee.',
  ]);
});

test('of servers the room is their memory', () => {
  const sized = (mebibytes: number, hitRatio: number): VariantResult => ({
    ...variant('Redis', 0, hitRatio),
    title: `Redis, ${mebibytes} MiB`,
    metrics: { 'cache.memory': mebibytes * 2 ** 20, 'steady.hit_ratio': hitRatio },
  });
  expect(verdict(sized(8, 0.6), sized(16, 0.9), sized(64, 0.95))).toEqual([
    'Redis hit 90.0 % with 16.0 MiB, the knee of its curve, and 95.0 % with 64.0 MiB.',
  ]);
});

test('of hot keys that move it is told what happened at the knee', () => {
  const moved = { 'shift.hit_ratio': 0.2, 'shift.regain': 3000 };
  const lines = verdict(
    variant('LRU', 0.1, 0.7, moved),
    variant('LRU', 0.5, 0.8, { 'shift.hit_ratio': 0.3, 'shift.regain': 9000 }),
  );
  expect(lines[1]).toBe(
    'When the hot keys moved, the hits of LRU, 10% fell from 70.0 % to 20.0 %, and came back after 3000 requests.',
  );
  const lost = verdict(variant('LRU', 0.1, 0.7, { 'shift.hit_ratio': 0.2 }), variant('LRU', 0.5, 0.8));
  expect(lost[1]).toMatch(/and did not come back\.$/);
});

test('a run without figures says so', () => {
  expect(verdict()).toEqual(['Nothing was measured.']);
});
