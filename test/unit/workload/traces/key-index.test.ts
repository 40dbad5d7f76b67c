import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyIndex } from '../../../../src/workload/traces/key-index.ts';

test('numbers keys as a Map of their bytes does', () => {
  const keys = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4000, size: 'max' });
  fc.assert(
    fc.property(keys, fc.nat({ max: 5 }), (given, offset) => {
      const index = new KeyIndex();
      const model = new Map<string, number>();
      for (const key of given) {
        const name = Buffer.from(key).toString('hex');
        const expected = model.get(name) ?? model.size;
        model.set(name, expected);
        const bytes = Buffer.concat([Buffer.alloc(offset, 1), key, Buffer.alloc(2, 7)]);
        expect(index.indexOf(bytes, offset, offset + key.length)).toBe(expected);
      }
      expect(index.size).toBe(model.size);
      for (const [name, at] of model) expect(index.keyAt(at).toString('hex')).toBe(name);
    }),
    { numRuns: 20 },
  );
});

test('300,000 neighbouring numbers are as many keys', () => {
  const index = new KeyIndex();
  const bytes = Buffer.alloc(8);
  let right = 0;
  for (let i = 0; i < 300_000; i++) {
    bytes.writeUInt32LE(i, 2);
    if (index.indexOf(bytes, 0, 8) === i) right++;
  }
  expect(right).toBe(300_000);
});
