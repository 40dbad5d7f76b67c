import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import {
  TTL_DISTRIBUTIONS,
  TtlMaker,
  type TtlDistributionName,
  type Ttls,
} from '../../../src/workload/ttls.ts';
import { chiSquarePerDegree } from '../statistics.ts';

/** A usual form of each distribution; a new one is added here. */
const FORMS: { readonly [N in TtlDistributionName]: Extract<Ttls, { distribution: N }> } = {
  none: { distribution: 'none' },
  fixed: { distribution: 'fixed', ttlMs: 60_000 },
  uniform: { distribution: 'uniform', minMs: 1000, maxMs: 5000 },
  table: { distribution: 'table', ttlsMs: [60_000, 3_600_000, 1000], weights: [39, 60, 1] },
};

const maker = (ttls: Ttls, seed = 1): TtlMaker => new TtlMaker(ttls, seededRandom(seed));
const draw = (ttls: Ttls, count: number, seed?: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, i) => maker(ttls, seed).ttlMsOf(i % 100, Math.floor(i / 100)));

describe.each(Object.keys(TTL_DISTRIBUTIONS) as TtlDistributionName[])('times to live: %s', (name) => {
  test('depend on seed, key and version alone', () => {
    expect(draw(FORMS[name], 500)).toEqual(draw(FORMS[name], 500));
    const one = maker(FORMS[name]);
    expect(one.ttlMsOf(7, 3)).toBe((one.ttlMsOf(8, 3), one.ttlMsOf(7, 3)));
  });
});

test('none leaves it to the tiers, fixed is always the same', () => {
  expect(new Set(draw(FORMS.none, 50))).toEqual(new Set([undefined]));
  expect(new Set(draw(FORMS.fixed, 50))).toEqual(new Set([60_000]));
});

test('uniform times are uniform, and not the same for all versions of a key', () => {
  const ttls = maker(FORMS.uniform);
  const bins = new Uint32Array(40);
  for (let i = 0; i < 100_000; i++) bins[Math.floor((ttls.ttlMsOf(i % 317, i)! - 1000) / 100)]!++;
  const fit = chiSquarePerDegree(bins, () => 1 / 40);
  expect(fit).toBeGreaterThan(0.4);
  expect(fit).toBeLessThan(1.7);
  expect(ttls.ttlMsOf(1, 1)).not.toBe(ttls.ttlMsOf(1, 2));
  expect(draw(FORMS.uniform, 50)).not.toEqual(draw(FORMS.uniform, 50, 2));
});

test('times of a table have their weights, within a key too', () => {
  const ttls = maker(FORMS.table);
  for (const keyOf of [(i: number) => i, () => 5]) {
    const counts = new Map<number | undefined, number>();
    for (let i = 0; i < 50_000; i++) {
      const ttl = ttls.ttlMsOf(keyOf(i), i);
      counts.set(ttl, (counts.get(ttl) ?? 0) + 1);
    }
    const observed = FORMS.table.ttlsMs.map((ttl) => counts.get(ttl) ?? 0);
    expect(chiSquarePerDegree(observed, (index) => FORMS.table.weights[index]! / 100)).toBeLessThan(4.6);
  }
});

test.each<[unknown, string]>([
  [{ ...FORMS.fixed, ttlMs: 0 }, 'time to live is 0 ms, expected a number over 0'],
  [{ ...FORMS.uniform, minMs: 9000 }, 'longest time to live 5000 ms is below the shortest, 9000 ms'],
  [{ ...FORMS.table, weights: [1] }, 'there are 3 times to live and 1 weights'],
  [{ ...FORMS.table, ttlsMs: [1, -1, 1] }, 'time to live is -1 ms'],
  [{ ...FORMS.table, weights: [0, 0, 0] }, 'the weights add up to 0'],
  [{ distribution: 'fixd' }, "unknown distribution of times to live 'fixd', did you mean 'fixed'?"],
])('%j is refused', (ttls, message) =>
  expect(() => maker(ttls as Ttls)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining(message) }),
  ),
);
