import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_NAME_BYTES, keyName, KeyNames } from '../../../src/workload/key-names.ts';

test.each([
  [0, 'k:0000000000'],
  [12_345, 'k:0000012345'],
  [2 ** 32 - 1, 'k:4294967295'],
])('index %d is %s', (index, name) => expect(keyName(index)).toBe(name));

test('all names are of one width, differ, and sort as their indexes do', () => {
  const index = integer({ min: 0, max: 2 ** 32 - 1 });
  assert(
    property(index, index, (a, b) => {
      expect(Buffer.byteLength(keyName(a))).toBe(KEY_NAME_BYTES);
      expect(keyName(a) < keyName(b)).toBe(a < b);
    }),
  );
});

test('kept names are the same as formed ones, also beyond what is kept', () => {
  const names = new KeyNames('shop:', 2 ** 20);
  for (const index of [0, 7, 65_535, 65_536, 1_000_000]) {
    for (let again = 0; again < 2; again++) expect(names.of(index)).toBe(`shop:${keyName(index)}`);
  }
  expect(new KeyNames('a:', 1).of(5)).toBe(`a:${keyName(5)}`);
});

test.each([
  [1, '7'],
  [2, '07'],
  [11, '00000000007'],
  [12, 'k:0000000007'],
  [20, 'k:000000000000000007'],
])('of %d bytes they are padded with zeros', (bytes, name) =>
  expect(new KeyNames('a:', 10, bytes).of(7)).toBe(`a:${name}`),
);

test.each([
  [10_000, 3, 'key size is 3 bytes, expected an integer from 4 to 200 for 10000 keys'],
  [10, 201, 'key size is 201 bytes'],
  [10, 1.5, 'key size is 1.5 bytes'],
])('%d keys of %d bytes are refused', (keys, bytes, message) =>
  expect(() => new KeyNames('', keys, bytes)).toThrow(message),
);
