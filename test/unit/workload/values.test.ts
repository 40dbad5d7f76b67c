import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { HEADER_BYTES, ValueMaker, readValueHeader, verifyValue } from '../../../src/workload/values.ts';
import type { ValueSizes } from '../../../src/workload/value-sizes.ts';
import { chiSquarePerDegree } from '../statistics.ts';

const newMaker = (sizes: ValueSizes, seed = 1): ValueMaker => new ValueMaker(sizes, seededRandom(seed));
const fixed = (bytes: number): ValueMaker => newMaker({ distribution: 'fixed', bytes });
const sizesOf = (maker: ValueMaker): number[] => Array.from({ length: 100 }, (_, key) => maker.sizeOf(key));
const uint32 = integer({ min: 0, max: 2 ** 32 - 1 });

describe('values', () => {
  test('tell whose they are', () => {
    assert(
      property(uint32, uint32, integer({ min: HEADER_BYTES, max: 2000 }), (keyIndex, version, bytes) => {
        const value = fixed(bytes).make(keyIndex, version);
        expect(value.byteLength).toBe(bytes);
        expect(readValueHeader(value)).toEqual({ keyIndex, version });
        expect(verifyValue(value, keyIndex)).toBe('ok');
        expect(verifyValue(value, (keyIndex + 1) % 2 ** 32)).toBe('wrong_key');
      }),
    );
  });

  test('are the same from any maker with the seed, and differ by key and version', () => {
    const sizes: ValueSizes = { distribution: 'uniform', minBytes: 100, maxBytes: 900 };
    expect(newMaker(sizes).make(5, 1)).toEqual(newMaker(sizes).make(5, 1));
    expect(fixed(64).make(5, 1)).not.toEqual(fixed(64).make(5, 2));
    expect(fixed(64).make(5, 1).subarray(HEADER_BYTES)).not.toEqual(
      fixed(64).make(6, 1).subarray(HEADER_BYTES),
    );
  });

  test('have the known bytes', () => {
    expect(Buffer.from(fixed(32).make(7, 3)).toString('hex')).toBe(
      '6363763107000000030000002000000086d4298ee32c083f00a0f1a776a7bbd1',
    );
  });

  test('are checked as plain byte arrays and inside larger ones', () => {
    const value = fixed(100).make(7, 3);
    expect(verifyValue(new Uint8Array(value), 7)).toBe('ok');
    const larger = new Uint8Array(200);
    larger.set(value, 13);
    expect(verifyValue(larger.subarray(13, 113), 7)).toBe('ok');
  });

  test('cannot be changed in any byte, cut or lengthened without being torn', () => {
    const value = fixed(64).make(7, 3);
    for (let i = 0; i < value.byteLength; i++) {
      const changed = Uint8Array.from(value);
      changed[i]! ^= 1 << (i % 8);
      expect(verifyValue(changed, 7)).toBe('torn');
    }
    for (let length = 0; length < value.byteLength; length++) {
      expect(verifyValue(value.subarray(0, length), 7)).toBe('torn');
    }
    expect(verifyValue(Buffer.concat([value, Buffer.from([0])]), 7)).toBe('torn');
  });

  test('are torn when half of them is of another version or key', () => {
    const maker = fixed(512);
    const whole = maker.make(7, 3);
    for (const other of [maker.make(7, 4), maker.make(8, 3)]) {
      const mixed = Buffer.concat([whole.subarray(0, 300), other.subarray(300)]);
      expect(verifyValue(mixed, 7)).toBe('torn');
    }
  });

  test('may be larger than the pool their filler comes from', () => {
    const value = fixed(1_000_000).make(7, 3);
    expect(verifyValue(value, 7)).toBe('ok');
    value[999_999]! ^= 1;
    expect(verifyValue(value, 7)).toBe('torn');
  });
});

describe('value sizes', () => {
  const sizes: ValueSizes = { distribution: 'uniform', minBytes: 100, maxBytes: 299 };

  test('are uniform over the keys, both ends included', () => {
    const maker = newMaker(sizes);
    const counts = new Uint32Array(200);
    for (let key = 0; key < 100_000; key++) counts[maker.sizeOf(key) - 100]!++;
    const fit = chiSquarePerDegree(counts, () => 1 / 200);
    expect(fit).toBeGreaterThan(0.7);
    expect(fit).toBeLessThan(1.3);
  });

  test('belong to the key: the same for every version, others with another seed', () => {
    const maker = newMaker(sizes);
    expect([1, 2, 3].map((version) => maker.make(9, version).byteLength)).toEqual(
      Array.from({ length: 3 }, () => maker.sizeOf(9)),
    );
    expect(sizesOf(newMaker(sizes))).toEqual(sizesOf(maker));
    expect(sizesOf(newMaker(sizes, 2))).not.toEqual(sizesOf(maker));
  });

  test.each<[ValueSizes, RegExp]>([
    [{ distribution: 'fixed', bytes: 0 }, /value size is 0 bytes, expected an integer from 1/],
    [{ distribution: 'fixed', bytes: 64.5 }, /value size is 64.5 bytes/],
    [{ distribution: 'fixed', bytes: 2 ** 30 }, /value size is 1073741824 bytes/],
    [{ distribution: 'uniform', minBytes: 0, maxBytes: 64 }, /value size is 0 bytes/],
    [
      { distribution: 'uniform', minBytes: 64, maxBytes: 63 },
      /largest value size 63 is below the smallest, 64/,
    ],
  ])('refuses %j', (wrong, message) => expect(() => newMaker(wrong)).toThrow(message));
});
