import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateSearch, type RateRange } from '../../../src/bench/rate-search.ts';

/** Looks for a capacity that is known. */
function look(range: RateRange, capacity: number): { search: RateSearch; tried: readonly number[] } {
  const search = new RateSearch(range);
  const tried: number[] = [];
  for (let rate = search.next(); rate !== undefined; rate = search.next()) {
    tried.push(rate);
    search.tell(rate, rate <= capacity);
  }
  return { search, tried };
}

test('finds the capacity to its precision, in few steps', () => {
  const capacities = fc.double({ min: 10, max: 100_000, noNaN: true });
  fc.assert(
    fc.property(capacities, fc.constantFrom(0.01, 0.05, 0.2), (capacity, precision) => {
      const { search, tried } = look({ from: 10, to: 200_000, precision }, capacity);
      const best = search.best ?? Number.NaN;
      expect(best).toBeLessThanOrEqual(capacity);
      expect(best * (1 + precision)).toBeGreaterThanOrEqual(capacity * (1 - 1e-9));
      expect(tried.length).toBeLessThanOrEqual(
        15 + Math.ceil(Math.log2(Math.log(2) / Math.log1p(precision))) + 1,
      );
    }),
  );
});

test('climbs first: no rate is tried that is over twice what has passed', () => {
  const { tried } = look({ from: 100, to: 10_000, precision: 0.1 }, 750);
  expect(tried.slice(0, 5).map(Math.round)).toEqual([100, 200, 400, 800, 566]);
});

test('even the first rate fails', () => {
  const { search, tried } = look({ from: 100, to: 1000, precision: 0.1 }, 50);
  expect([search.best, search.limit, tried]).toEqual([undefined, 100, [100]]);
});

test('nothing fails', () => {
  const { search } = look({ from: 100, to: 1000, precision: 0.1 }, Infinity);
  expect([search.best, search.limit]).toEqual([1000, undefined]);
});

test('stopped early, it knows what it knew', () => {
  const search = new RateSearch({ from: 100, to: 10_000, precision: 0.1 });
  search.tell(100, true);
  search.stop();
  expect([search.next(), search.best]).toEqual([undefined, 100]);
});
