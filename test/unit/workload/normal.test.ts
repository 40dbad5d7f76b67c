import { expect, test } from 'vitest';
import { normalQuantile } from '../../../src/workload/normal.ts';

/** Values of Python's statistics.NormalDist().inv_cdf, an implementation of the same algorithm in C. */
test.each([
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798405],
  [1e-9, -5.9978070150076865],
  [0.0001, -3.71901648545568],
  [0.0749, -1.4402382675279632],
  [0.075, -1.4395314709384557],
  [0.0751, -1.4388253927525398],
  [0.3, -0.5244005127080407],
  [0.5, 0.0],
  [0.6, 0.2533471031357998],
  [0.924, 1.4325027208258119],
  [0.926, 1.4466320671589785],
  [0.99, 2.3263478740408408],
  [0.9999999, 5.199337582290662],
])('the quantile at %d is %d', (p, quantile) =>
  expect(Math.abs(normalQuantile(p) - quantile)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(quantile))),
);

test('the quantile inverts the integral of the density', () => {
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const [from, to, steps] = [normalQuantile(0.01), normalQuantile(0.93), 10_000];
  let mass = 0;
  for (let i = 0; i < steps; i++) mass += density(from + ((i + 0.5) * (to - from)) / steps);
  expect((mass * (to - from)) / steps).toBeCloseTo(0.92, 8);
});
