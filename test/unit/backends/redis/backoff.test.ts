import { expect, test } from 'vitest';
import { backoffMs } from '../../../../src/backends/redis/backoff.ts';
import { type Random, seededRandom } from '../../../../src/base/random.ts';

const drawing = (value: number): Random => ({ ...seededRandom(1), next: () => value });

test.each([
  [0, 25, 50],
  [1, 50, 100],
  [4, 400, 800],
  [5, 500, 1000],
  [1000, 500, 1000],
])('after %i failures the pause is from %i to %i ms', (failures, shortest, longest) => {
  expect(backoffMs(failures, drawing(0))).toBe(shortest);
  expect(backoffMs(failures, drawing(0.999_999))).toBeCloseTo(longest, 2);
});
