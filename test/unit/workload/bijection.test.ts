import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mix32, seededRandom } from '../../../src/base/random.ts';
import { Bijection } from '../../../src/workload/bijection.ts';
import { chiSquarePerDegree } from '../statistics.ts';

function isPermutation(size: number, map: (index: number) => number): boolean {
  const hit = new Uint8Array(size);
  for (let i = 0; i < size; i++) hit[map(i)] = 1;
  return hit.every((one) => one === 1);
}

describe('bijection', () => {
  test('is a permutation of [0, n) for every n and seed', () => {
    assert(
      property(integer({ min: 1, max: 3000 }), integer(), (size, seed) => {
        const bijection = new Bijection(size, seededRandom(seed));
        expect(isPermutation(size, (i) => bijection.map(i))).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test.each([1, 2, 3, 4, 5, 2 ** 16 - 1, 2 ** 16, 2 ** 16 + 1, 1_000_000])(
    'is a permutation for n = %d',
    (size) => {
      const bijection = new Bijection(size, seededRandom(1));
      expect(isPermutation(size, (i) => bijection.map(i))).toBe(true);
    },
  );

  test('the test sees a hash modulo n, which loses keys', () => {
    expect(isPermutation(1000, (i) => mix32(i) % 1000)).toBe(false);
  });

  test.each([2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32])('stays in range and loses nothing for n = %d', (size) => {
    const bijection = new Bijection(size, seededRandom(1));
    const images = Array.from({ length: 50_000 }, (_, i) => bijection.map(size - 1 - i));
    expect(new Set(images).size).toBe(images.length);
    expect(images.filter((image) => !(image >= 0 && image < size))).toEqual([]);
  });

  test('sends the first index anywhere, as the seed decides', () => {
    const counts = new Uint32Array(10);
    for (let seed = 0; seed < 50_000; seed++) counts[new Bijection(10, seededRandom(seed)).map(0)]!++;
    expect(chiSquarePerDegree(counts, () => 0.1)).toBeLessThan(2.4);
  });

  test('scatters neighbours', () => {
    const size = 100_000;
    const bijection = new Bijection(size, seededRandom(3));
    const steps = new Uint32Array(100);
    for (let i = 0; i + 1 < size; i++) {
      const step = (bijection.map(i + 1) - bijection.map(i) + size) % size;
      steps[Math.floor((step * 100) / size)]!++;
    }
    expect(chiSquarePerDegree(steps, () => 0.01)).toBeLessThan(1.5);
  });

  test('depends on the seed of its source alone', () => {
    const used = seededRandom(1);
    used.nextUint32();
    const [one, two] = [new Bijection(1000, used), new Bijection(1000, seededRandom(1))];
    expect([0, 1, 999].map((i) => one.map(i))).toEqual([0, 1, 999].map((i) => two.map(i)));
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])('refuses n = %d', (size) =>
    expect(() => new Bijection(size, seededRandom(1))).toThrow(/number of keys is/),
  );
});
