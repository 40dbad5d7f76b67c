import { brotliCompressSync, deflateRawSync } from 'node:zlib';
import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { ValueMaker, verifyValue } from '../../../src/workload/values.ts';

const SHARES = [0, 0.1, 0.25, 0.5, 0.8, 0.95, 1];

const maker = (bytes: number, compressibility: number): ValueMaker =>
  new ValueMaker({ distribution: 'fixed', bytes, compressibility }, seededRandom(1));

test.each(SHARES)('compressors take away a share of %d, but for what telling so costs', (share) => {
  // Of small values a compressor's own header, and ours, are a larger part.
  const cases = [
    [1000, 0.06, [deflateRawSync]],
    [10_000, 0.02, [deflateRawSync, brotliCompressSync]],
    [100_000, 0.01, [deflateRawSync, brotliCompressSync]],
  ] as const;
  for (const [bytes, allowed, compressors] of cases) {
    const value = maker(bytes, share).make(3, 1);
    for (const compress of compressors) {
      const removed = 1 - compress(value).byteLength / bytes;
      expect(Math.abs(removed - share)).toBeLessThan(allowed);
    }
  }
});

test('the test sees a compressibility that is not the one asked for', () => {
  const removed = 1 - deflateRawSync(maker(10_000, 0.55).make(3, 1)).byteLength / 10_000;
  expect(Math.abs(removed - 0.5)).toBeGreaterThan(0.03);
});

test('values of any size and share are verified, and no byte of them can be changed unseen', () => {
  const size = integer({ min: 20, max: 5000 });
  assert(
    property(
      size,
      integer({ min: 0, max: 100 }),
      integer({ min: 0, max: 2 ** 32 - 1 }),
      (bytes, percent, key) => {
        const value = maker(bytes, percent / 100).make(key, 5);
        expect(verifyValue(value, key)).toBe('ok');
        expect(verifyValue(value, (key + 1) % 2 ** 32)).toBe('wrong_key');
        const at = (key + percent) % bytes;
        value[at]! ^= 1 << (key & 7);
        expect(verifyValue(value, key)).toBe('torn');
      },
    ),
    { seed: 1, numRuns: 400 },
  );
});

test('values that are too small for a header are verified by their key, and are the begin of no longer one', () => {
  assert(
    property(integer({ min: 1, max: 19 }), integer({ min: 0, max: 2 ** 32 - 1 }), (bytes, key) => {
      const value = maker(bytes, 0).make(key, 1);
      expect(value.byteLength).toBe(bytes);
      expect(verifyValue(value, key)).toBe('ok');
      expect(verifyValue(maker(64, 0).make(key, 1).subarray(0, bytes), key)).toBe('torn');
      value[bytes - 1]! ^= 1;
      expect(verifyValue(value, key)).toBe('torn');
    }),
    { seed: 1 },
  );
  const values = Array.from({ length: 1000 }, (_, key) =>
    Buffer.from(maker(8, 0).make(key, 1)).toString('hex'),
  );
  expect(new Set(values).size).toBe(1000);
});

test.each([-0.1, 1.1, Number.NaN])('refuses a compressibility of %d', (share) =>
  expect(() => maker(100, share)).toThrow(/compressibility is .*, expected a number from 0 to 1/),
);
