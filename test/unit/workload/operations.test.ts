import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { OPERATIONS, OperationMix, type OperationShares } from '../../../src/workload/operations.ts';
import { chiSquarePerDegree } from '../statistics.ts';

const NONE: OperationShares = {
  getOrLoad: 0,
  get: 0,
  multiGet: 0,
  set: 0,
  delete: 0,
  touch: 0,
  incr: 0,
};

function countsOf(shares: OperationShares, draws: number): number[] {
  const mix = new OperationMix(shares, seededRandom(1));
  const counts = new Map<string, number>(OPERATIONS.map((operation) => [operation, 0]));
  for (let i = 0; i < draws; i++) {
    const operation = mix.next();
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe('operation mix', () => {
  test('draws in proportion to the shares', () => {
    const shares = {
      getOrLoad: 0.5,
      get: 0.2,
      multiGet: 0.1,
      set: 0.09,
      delete: 0.01,
      touch: 0.04,
      incr: 0.06,
    };
    const counts = countsOf(shares, 200_000);
    expect(chiSquarePerDegree(counts, (i) => shares[OPERATIONS[i]!])).toBeLessThan(3.8);
  });

  test.each(OPERATIONS)('can be %s alone', (operation) => {
    const counts = countsOf({ ...NONE, [operation]: 1 }, 1000);
    expect(counts[OPERATIONS.indexOf(operation)]).toBe(1000);
  });

  test('never draws an operation without a share, though the shares be rounded', () => {
    const third = 0.333_333_3;
    const shares = { ...NONE, getOrLoad: third, get: third, set: third };
    const largestDraw = Object.assign(seededRandom(1), { next: () => 1 - 2 ** -53 });
    expect(new OperationMix(shares, largestDraw).next()).toBe('set');
    const smallestDraw = Object.assign(seededRandom(1), { next: () => 0 });
    expect(new OperationMix({ ...shares, getOrLoad: 0, delete: third }, smallestDraw).next()).toBe('get');
  });

  test.each([
    [{ ...NONE, get: 0.5 }, 'shares of operations add up to 0.5, expected 1'],
    [{ ...NONE, get: 1.2, set: -0.2 }, 'share of get is 1.2, expected 0 to 1'],
    [{ ...NONE, get: Number.NaN }, 'share of get is NaN, expected 0 to 1'],
    [NONE, 'shares of operations add up to 0, expected 1'],
  ])('refuses %j', (shares, message) =>
    expect(() => new OperationMix(shares, seededRandom(1))).toThrow(
      expect.objectContaining({ code: 'BAD_SCENARIO', message }),
    ),
  );
});
