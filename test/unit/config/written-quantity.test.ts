import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration, parseSize } from '../../../src/base/units.ts';
import { writeDuration, writeSize } from '../../../src/config/written-quantity.ts';

test('the largest unit that is exact', () => {
  expect([0, 0.25, 90_000, 900_000, 86_400_000].map(writeDuration)).toEqual([
    '0ms',
    '0.25ms',
    '90s',
    '15m',
    '1d',
  ]);
  expect([0, 1000, 1024, 64 * 1024 ** 2].map(writeSize)).toEqual(['0B', '1000B', '1KiB', '64MiB']);
});

test('what was written is read back', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(1, 1000, 1024, 60_000, 1024 ** 2), (count, unit) => {
      expect(parseDuration(writeDuration(count * unit))).toBe(count * unit);
      expect(parseSize(writeSize(count * unit))).toBe(count * unit);
    }),
  );
});
