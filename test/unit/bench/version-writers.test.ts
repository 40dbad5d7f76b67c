import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownKey, ownKeys } from '../../../src/bench/version-writers.ts';

test('each key is the own of exactly one instance', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (keys, count) => {
      const owned = Array.from({ length: count }, (_, index) => ({ index, count })).flatMap((share) =>
        Array.from({ length: ownKeys(share, keys) }, (_, nth) => ownKey(share, nth)),
      );
      expect(owned.toSorted((a, b) => a - b)).toEqual(Array.from({ length: keys }, (_, key) => key));
    }),
  );
});
