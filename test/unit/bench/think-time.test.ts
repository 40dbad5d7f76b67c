import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { thinkTimes } from '../../../src/bench/think-time.ts';

const draw = (seed: number, count: number): readonly number[] => {
  const think = thinkTimes(200, seededRandom(seed));
  if (think === undefined) throw new Error('a mean of 200 ms is a pause');
  return Array.from({ length: count }, think);
};

test('is exponential: its mean is that asked for, and so is its deviation', () => {
  const pauses = draw(7, 50_000);
  const mean = pauses.reduce((sum, each) => sum + each, 0) / pauses.length;
  const square = pauses.reduce((sum, each) => sum + (each - mean) ** 2, 0) / pauses.length;
  expect(mean / 200).toBeCloseTo(1, 1);
  expect(Math.sqrt(square) / 200).toBeCloseTo(1, 1);
  expect(pauses.filter((each) => each > 200 * Math.LN2).length / pauses.length).toBeCloseTo(0.5, 1);
});

test('is never longer than ten means, nor negative', () => {
  for (const random of [0, 0.5, 1 - 2 ** -53]) {
    const think = thinkTimes(200, { ...seededRandom(1), next: () => random });
    expect(think?.()).toBeGreaterThanOrEqual(0);
    expect(think?.()).toBeLessThanOrEqual(2000);
  }
});

test('is the same for the same seed; nobody thinks for no time', () => {
  expect(draw(3, 5)).toEqual(draw(3, 5));
  expect(draw(3, 5)).not.toEqual(draw(4, 5));
  expect(thinkTimes(0, seededRandom(1))).toBeUndefined();
});
