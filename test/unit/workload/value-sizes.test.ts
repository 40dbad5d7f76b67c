import { assert, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { medianOfMean } from '../../../src/workload/sizes/lognormal.ts';
import {
  createSizeQuantile,
  MAX_VALUE_BYTES,
  meanValueBytes,
  SIZE_DISTRIBUTIONS,
  type SizeDistributionName,
  type ValueSizes,
} from '../../../src/workload/value-sizes.ts';
import { ValueMaker } from '../../../src/workload/values.ts';
import { chiSquarePerDegree } from '../statistics.ts';

const KEYS = 100_000;
const WIDE = { minBytes: 1, maxBytes: 2 ** 26 };

/** A usual form of each distribution; a new one is added here. */
const FORMS: { readonly [N in SizeDistributionName]: Extract<ValueSizes, { distribution: N }> } = {
  fixed: { distribution: 'fixed', bytes: 1024 },
  uniform: { distribution: 'uniform', minBytes: 10, maxBytes: 30 },
  lognormal: { distribution: 'lognormal', medianBytes: 500, sigma: 1.2, ...WIDE },
  pareto: { distribution: 'pareto', locationBytes: 0, scaleBytes: 214.476, shape: 0.348238, ...WIDE },
  table: { distribution: 'table', table: { sizes: [10, 4000, 20], weights: [3, 1, 6] } },
};
const names = Object.keys(SIZE_DISTRIBUTIONS) as SizeDistributionName[];

const sizesOf = (sizes: ValueSizes): number[] => {
  const maker = new ValueMaker(sizes, seededRandom(1));
  return Array.from({ length: KEYS }, (_, key) => maker.sizeOf(key));
};
const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const shareBelow = (numbers: readonly number[], limit: number): number =>
  numbers.filter((one) => one < limit).length / numbers.length;

describe.each(names)('size distribution: %s', (name) => {
  test('gives whole sizes that never fall from one end to the other', () => {
    const sizeAt = createSizeQuantile(FORMS[name]);
    const inside = double({ min: 2 ** -33, max: 1 - 2 ** -33, noNaN: true });
    assert(
      property(inside, inside, (u, v) => {
        const [less, more] = [sizeAt(Math.min(u, v)), sizeAt(Math.max(u, v))];
        expect(Number.isInteger(less) && less >= 1 && less <= MAX_VALUE_BYTES).toBe(true);
        if (name !== 'table') expect(more).toBeGreaterThanOrEqual(less);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('a size belongs to its key, with any maker of the seed', () => {
    expect(sizesOf(FORMS[name]).slice(0, 100)).toEqual(sizesOf(FORMS[name]).slice(0, 100));
  });
});

test('lognormal sizes have the median, the spread and the mean of the formula', () => {
  const sizes = sizesOf(FORMS.lognormal);
  expect(shareBelow(sizes, 500)).toBeCloseTo(0.5, 2);
  // One and two standard deviations of the logarithm.
  expect(shareBelow(sizes, 500 * Math.exp(1.2))).toBeCloseTo(0.8413, 2);
  expect(shareBelow(sizes, 500 * Math.exp(-2.4))).toBeCloseTo(0.0228, 2);
  expect(mean(sizes) / (500 * Math.exp(1.2 ** 2 / 2))).toBeCloseTo(1, 1);
});

test('lognormal sizes can be told by their mean', () => {
  const medianBytes = medianOfMean(2000, 0.8);
  const sizes = sizesOf({ distribution: 'lognormal', medianBytes, sigma: 0.8, ...WIDE });
  expect(Math.abs(mean(sizes) / 2000 - 1)).toBeLessThan(0.01);
});

test.each([
  [0.348238, (x: number) => 1 - (1 + (0.348238 * x) / 214.476) ** (-1 / 0.348238)],
  [0, (x: number) => 1 - Math.exp(-x / 214.476)],
  [-0.5, (x: number) => 1 - Math.max(0, 1 - (0.5 * x) / 214.476) ** 2],
])('pareto sizes of shape %d follow the distribution function', (shape, cdf) => {
  const sizes = sizesOf({ ...FORMS.pareto, shape, locationBytes: 100 });
  for (const x of [20, 100, 214, 400, 900]) expect(shareBelow(sizes, 100 + x)).toBeCloseTo(cdf(x - 0.5), 2);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(100);
});

test('sizes of a table have their weights', () => {
  const sizes = sizesOf(FORMS.table);
  const counts = [10, 20, 4000].map((size) => sizes.filter((one) => one === size).length);
  expect(chiSquarePerDegree(counts, (index) => [0.3, 0.6, 0.1][index]!)).toBeLessThan(4.6);
});

test('sizes of a table of ranges are uniform within each', () => {
  const table = { sizes: [100, 200, 1000], weights: [1, 3] };
  const sizes = sizesOf({ distribution: 'table', table });
  for (const [limit, share] of [
    [100, 0],
    [150, 0.125],
    [200, 0.25],
    [600, 0.625],
    [1001, 1],
  ] as const) {
    expect(Math.abs(shareBelow(sizes, limit) - share)).toBeLessThan(0.006);
  }
});

test.each(Object.values(FORMS))('the mean of $distribution is about that of many keys', (form) => {
  expect(Math.abs(meanValueBytes(form) / mean(sizesOf(form)) - 1)).toBeLessThan(0.05);
});

test('what is beyond the bounds becomes the bound', () => {
  const sizes = sizesOf({ ...FORMS.lognormal, minBytes: 400, maxBytes: 600 });
  expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([400, 600]);
  expect(sizes.filter((size) => size === 400).length / KEYS).toBeCloseTo(0.426, 2);
});

test.each<[unknown, string]>([
  [{ ...FORMS.fixed, bytes: 1.5 }, 'value size is 1.5 bytes, expected an integer from 1'],
  [{ ...FORMS.uniform, maxBytes: 5 }, 'largest value size 5 is below the smallest, 10'],
  [{ ...FORMS.lognormal, sigma: 0 }, 'sigma is 0, expected a number over 0'],
  [{ ...FORMS.lognormal, medianBytes: -1 }, 'median size is -1'],
  [{ ...FORMS.lognormal, minBytes: 0 }, 'value size is 0 bytes'],
  [{ ...FORMS.pareto, scaleBytes: 0 }, 'scale is 0, expected a number over 0'],
  [{ ...FORMS.pareto, shape: 11 }, 'shape is 11, expected a number from -10 to 10'],
  [{ ...FORMS.table, table: { sizes: [], weights: [] } }, 'the weights add up to 0'],
  [{ ...FORMS.table, table: { sizes: [5], weights: [1, 2] } }, '1 sizes and 2 weights'],
  [{ ...FORMS.table, table: { sizes: [5, 5], weights: [1] } }, 'size 2 of a table of ranges is 5'],
  [{ ...FORMS.table, table: { sizes: [5, 6], weights: [1, -1] } }, 'weight 2 is -1'],
  [{ distribution: 'parteo' }, "unknown size distribution 'parteo', did you mean 'pareto'?"],
])('%j is refused', (sizes, message) =>
  expect(() => sizesOf(sizes as ValueSizes)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining(message) }),
  ),
);
