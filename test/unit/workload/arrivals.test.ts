import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import {
  ConstantPacer,
  PACERS,
  PoissonPacer,
  createPacer,
  type Pacer,
} from '../../../src/workload/arrivals.ts';
import { constantRate } from '../../../src/workload/rates/constant.ts';
import { kolmogorovSmirnov } from '../statistics.ts';

const take = (pacer: Pacer, count: number): number[] =>
  Array.from({ length: count }, () => pacer.nextDueMs());

const gapsOf = (pacer: Pacer, count: number): number[] => {
  const due = take(pacer, count);
  return due.map((ms, i) => ms - (due[i - 1] ?? 0));
};

/** Distribution of exponential gaps of 2 ms on average. */
const exponential = (ms: number): number => 1 - Math.exp(-ms / 2);

describe.each(Object.keys(PACERS))('pacer: %s', (name) => {
  test('due times never decrease and keep the rate within 0.5 %', () => {
    const count = 400_000;
    const due = take(createPacer(name, constantRate(2000), seededRandom(1)), count);
    expect(due.findIndex((ms, i) => i > 0 && ms < due[i - 1]!)).toBe(-1);
    const rate = (count - 1) / ((due.at(-1)! - due[0]!) / 1000);
    expect(Math.abs(rate / 2000 - 1)).toBeLessThan(0.005);
  });

  test('the same seed gives the same due times', () => {
    const [one, two] = [1, 1].map((seed) =>
      take(createPacer(name, constantRate(10), seededRandom(seed)), 20),
    );
    expect(one).toEqual(two);
  });

  test.each([0, -1, Number.NaN, Infinity])('refuses the rate %d', (rate) =>
    expect(() => createPacer(name, constantRate(rate), seededRandom(1))).toThrow(
      expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining(`rate is ${rate}`) }),
    ),
  );
});

describe('constant pacer', () => {
  test.each([
    [1000, [0, 1, 2, 3]],
    [4, [0, 250, 500, 750]],
    [0.5, [0, 2000, 4000, 6000]],
  ])('at %d per second', (rate, due) => expect(take(new ConstantPacer(constantRate(rate)), 4)).toEqual(due));

  test('does not drift: a million arrivals at 3 per second end at the exact time', () => {
    const pacer = new ConstantPacer(constantRate(3));
    for (let i = 0; i < 999_999; i++) pacer.nextDueMs();
    expect(pacer.nextDueMs()).toBe((999_999 * 1000) / 3);
  });
});

describe('poisson pacer', () => {
  test('gaps are exponentially distributed', () => {
    const gaps = gapsOf(new PoissonPacer(constantRate(500), seededRandom(1)), 100_000);
    expect(kolmogorovSmirnov(gaps, exponential)).toBeLessThan(1.63);
  });

  test('the test sees other gaps', () => {
    const random = seededRandom(1);
    const uniform = Array.from({ length: 100_000 }, () => random.next() * 4);
    expect(kolmogorovSmirnov(uniform, exponential)).toBeGreaterThan(10);
    const slightlySlow = gapsOf(new PoissonPacer(constantRate(490), seededRandom(1)), 100_000);
    expect(kolmogorovSmirnov(slightlySlow, exponential)).toBeGreaterThan(1.63);
  });

  test('gaps do not depend on the one before', () => {
    const gaps = gapsOf(new PoissonPacer(constantRate(500), seededRandom(2)), 100_000);
    const products = gaps.slice(1).map((gap, i) => (gap / 2 - 1) * (gaps[i]! / 2 - 1));
    const correlation = products.reduce((sum, product) => sum + product, 0) / products.length;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(products.length));
  });
});

test('an unknown name lists the known ones', () => {
  expect(() => createPacer('poison', constantRate(1), seededRandom(1))).toThrow(
    expect.objectContaining({
      message: `unknown arrival 'poison', did you mean 'poisson'?`,
      hint: 'known: constant, poisson',
    }),
  );
});
