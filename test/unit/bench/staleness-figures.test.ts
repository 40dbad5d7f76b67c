import { describe, expect, test } from 'vitest';
import {
  boundOf,
  distributionsOf,
  everywhere,
  metricsOf,
  ORIGIN,
  sourceNumber,
} from '../../../src/bench/staleness-figures.ts';
import type { Staleness } from '../../../src/bench/staleness.ts';

const STALENESS: Staleness = {
  reads: 50,
  stale: 3,
  beyondBound: 1,
  maxAgeMs: 1200,
  resurrected: 2,
  unseen: 1,
  changes: {
    visibleMs: Float64Array.of(0, 4, Number.NaN, Infinity, 8),
    sinceBegunMs: Float64Array.of(2, 6, Number.NaN, Infinity, 10),
    staleForMs: Float64Array.of(0, 1, Number.NaN, 30, 2),
    lastSources: Uint8Array.of(0, 1, 0, 0, ORIGIN),
  },
};

describe('a stale read may be', () => {
  const boundMs = 1000;
  test.each([
    ['bounded', 1000],
    ['partition-safe', 1000],
    ['strict', 0],
  ] as const)('%s: %i ms old', (level, allowed) => {
    expect(boundOf({ level, boundMs })).toBe(allowed);
  });
});

test('what an instance was given is told by the names of the catalog', () => {
  expect(metricsOf(STALENESS, { level: 'bounded', boundMs: 1000 })).toEqual({
    'reads.judged': 50,
    'stale.reads': 3,
    'stale.beyond_bound': 1,
    'stale.bound': 1000,
    'stale.max_age': 1200,
    'stale.resurrected': 2,
    'visible.unseen': 1,
    'visible.slowest_instance': 8,
  });
});

test('an instance that had nothing to forget has no slowest change', () => {
  const visibleMs = Float64Array.of(Number.NaN);
  const silent = { ...STALENESS, changes: { ...STALENESS.changes, visibleMs } };
  expect(metricsOf(silent, { level: 'strict', boundMs: 1000 })).not.toHaveProperty(
    'visible.slowest_instance',
  );
});

test('changes without a say are in no distribution, those unseen in none that needs an end', () => {
  const recorders = distributionsOf(STALENESS);
  const told = Object.entries(recorders).map(([name, { count, maxMs }]) => [name, count, maxMs]);
  for (const recorder of Object.values(recorders)) recorder.close();
  expect(told).toEqual([
    ['visible', 3, 8],
    ['visible_since_begun', 3, 10],
    ['stale_for', 4, 30],
    ['l1.visible', 1, 0],
    ['redis.visible', 1, 4],
    ['memcached.visible', 0, undefined],
    ['database.visible', 0, undefined],
    ['origin.visible', 1, 8],
  ]);
});

test('everywhere is where it was seen last, of those who had something to forget', () => {
  const N = Number.NaN;
  const recorder = everywhere([
    Float64Array.of(1, 7, N, 3, N),
    Float64Array.of(5, N, N, Infinity, 0),
    Float64Array.of(2, 2, N, 1, N),
  ]);
  expect([recorder.count, recorder.maxMs]).toEqual([3, 7]);
  expect(recorder.percentile(50)).toBeCloseTo(5, 2);
  recorder.close();
});

test('sources have numbers; what is no tier was loaded', () => {
  expect(['l1', 'redis', 'memcached', 'database'].map(sourceNumber)).toEqual([0, 1, 2, 3]);
  expect([sourceNumber('loader'), sourceNumber(undefined)]).toEqual([ORIGIN, ORIGIN]);
});
