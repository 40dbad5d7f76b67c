import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_NAME_BYTES, keyName } from '../../../src/workload/key-names.ts';

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
