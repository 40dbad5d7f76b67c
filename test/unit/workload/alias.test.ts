import { array, assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { AliasTable } from '../../../src/workload/alias.ts';
import { chiSquarePerDegree } from '../statistics.ts';

/** A source whose draws sweep [0, 1) evenly. */
function sweep(steps: number): Random {
  let step = 0;
  return Object.assign(seededRandom(1), { next: () => (step++ + 0.5) / steps });
}

test('over an even sweep each index has its share', () => {
  const weights = array(double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
  assert(
    property(
      weights.filter((list) => list.some((weight) => weight > 1)),
      (list) => {
        const steps = 20_000;
        const [table, even] = [new AliasTable(list), sweep(steps)];
        const counts = list.map(() => 0);
        for (let i = 0; i < steps; i++) counts[table.draw(even)]!++;
        const sum = list.reduce((total, weight) => total + weight, 0);
        for (const [index, weight] of list.entries()) {
          // Each cell of the table may cut off one step.
          expect(Math.abs(counts[index]! / steps - weight / sum)).toBeLessThan((list.length + 1) / steps);
          if (weight === 0) expect(counts[index]).toBe(0);
        }
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('a weight of 0 is never drawn, whatever rounding leaves over', () => {
  assert(
    property(integer({ min: 1, max: 400 }), integer(), (length, seed) => {
      const random = seededRandom(seed);
      const weights = [0, ...Array.from({ length }, () => random.next()), 0];
      const table = new AliasTable(weights);
      const drawn = Array.from({ length: 2000 }, () => table.draw(random));
      expect(drawn.filter((index) => index === 0 || index === length + 1)).toEqual([]);
    }),
    { seed: 1, numRuns: 60 },
  );
});

test('a thousand weights of very different size', () => {
  const weights = Array.from({ length: 1000 }, (_, i) => 1 / (i + 1) ** 1.2);
  const [table, random] = [new AliasTable(weights), seededRandom(4)];
  const counts = new Uint32Array(1000);
  for (let i = 0; i < 500_000; i++) counts[table.draw(random)]!++;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const fit = chiSquarePerDegree(counts, (i) => weights[i]! / sum);
  expect(fit).toBeGreaterThan(0.85);
  expect(fit).toBeLessThan(1.15);
});
