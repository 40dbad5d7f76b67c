import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCachectlError } from '../../../src/base/errors.ts';
import { jsonCodec, messagePackCodec } from '../../../src/engine/codec.ts';
import { EntryFormat } from '../../../src/engine/entry.ts';
import { Fence } from '../../../src/engine/fence.ts';
import { Flights } from '../../../src/engine/flights.ts';
import { joinKey, KeySpace } from '../../../src/engine/keys.ts';
import { Router } from '../../../src/engine/policies.ts';

describe('keys', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a:b', 'a', 'b', '%3A', ':', '#', '%', ''),
  );
  const parts = fc.array(part, { minLength: 1, maxLength: 4 });

  test('different part lists make different keys, stored ones too', () => {
    const space = new KeySpace('n');
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(joinKey(a) === joinKey(b)).toBe(same);
        expect(space.stored(space.scoped(joinKey(a))) === space.stored(space.scoped(joinKey(b)))).toBe(same);
      }),
    );
  });

  test('a stored key fits every server', () => {
    const space = new KeySpace('shop');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (key) => {
        const stored = space.stored(space.scoped(key));
        expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(250);
        expect(stored).not.toMatch(/[\u0000-\u0020\u007f]/);
        expect(stored.startsWith('shop:')).toBe(true);
      }),
    );
    expect(space.stored(space.scoped('customer:360:42'))).toBe('shop:customer:360:42');
  });

  test('a key cannot pose as the hash of another', () => {
    const space = new KeySpace('n');
    const hashed = space.stored(space.scoped('with a space'));
    expect(space.stored(hashed)).not.toBe(hashed);
  });

  test.each(['', 'a:b', 'a b', 'x'.repeat(65)])('namespace %j is refused', (namespace) => {
    expect(() => new KeySpace(namespace)).toThrow('namespace');
  });
});

describe('entries', () => {
  test.each([jsonCodec, messagePackCodec])('$name: what goes in comes out, packed or not', async (codec) => {
    const format = new EntryFormat(codec, 100);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        // msgpackr renames this one key, so that no decoded object can change a prototype.
        fc.pre(codec !== messagePackCodec || !JSON.stringify(value).includes('__proto__'));
        const entry = format.encode(value);
        expect(format.decode(entry)).toEqual(JSON.parse(JSON.stringify(value)));
        const packed = await format.pack(entry);
        expect(format.decode(format.isPacked(packed) ? await format.unpack(packed) : packed)).toEqual(
          format.decode(entry),
        );
      }),
    );
  });

  test('bytes stay bytes, small or large', async () => {
    const format = new EntryFormat(jsonCodec, 1);
    for (const size of [0, 1, 20_000, 200_000]) {
      const bytes = Buffer.alloc(size, 'abc');
      const packed = await format.pack(format.encode(bytes));
      const plain = format.isPacked(packed) ? await format.unpack(packed) : packed;
      expect(Buffer.compare(Buffer.from(format.decode(plain) as Uint8Array), bytes)).toBe(0);
    }
  });

  test('any other bytes are CORRUPT_ENTRY, never a crash', async () => {
    const format = new EntryFormat(jsonCodec, undefined);
    const corrupt = (error: unknown): boolean => isCachectlError(error, 'CORRUPT_ENTRY');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.boolean(), async (bytes, marked) => {
        if (marked) bytes.set([0xca, 0x81].slice(0, bytes.length));
        try {
          format.decode(format.isPacked(bytes) ? await format.unpack(bytes) : bytes);
        } catch (error) {
          expect(error).toSatisfy(corrupt);
        }
      }),
    );
    const other = new EntryFormat(messagePackCodec, undefined).encode({ a: 1 });
    expect(() => format.decode(other)).toThrow('its format is 2, not json (1)');
  });
});

describe('fence', () => {
  test('holds until the key is invalidated', () => {
    const fence = new Fence();
    const ticket = fence.enter();
    expect(fence.holds('a', ticket)).toBe(true);
    fence.invalidate('a');
    expect(fence.holds('a', ticket)).toBe(false);
    expect(fence.holds('b', ticket)).toBe(true);
    const later = fence.enter();
    expect(fence.holds('a', later)).toBe(true);
    fence.invalidateAll();
    expect(fence.holds('b', later)).toBe(false);
  });

  test('forgets towards the safe side when it remembers too much', () => {
    const fence = new Fence(2);
    const ticket = fence.enter();
    for (const key of ['a', 'b', 'c', 'd']) fence.invalidate(key);
    for (const key of ['a', 'b', 'c', 'd', 'e']) expect(fence.holds(key, ticket)).toBe(false);
    expect(fence.holds('a', fence.enter())).toBe(true);
  });

  test('whatever the order, a reader from before an invalidation never stores after it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({ do: fc.constant('leave' as const) }),
      fc.record({ do: fc.constant('invalidate' as const), key: fc.constantFrom('a', 'b', 'c') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, remembered) => {
        const fence = new Fence(remembered);
        const readers: { ticket: number; stale: Set<string> }[] = [];
        for (const action of steps) {
          if (action.do === 'enter') readers.push({ ticket: fence.enter(), stale: new Set() });
          else if (action.do === 'invalidate') {
            fence.invalidate(action.key);
            for (const reader of readers) reader.stale.add(action.key);
          } else if (readers.pop() !== undefined) fence.leave();
          for (const { ticket, stale } of readers)
            for (const key of stale) expect(fence.holds(key, ticket)).toBe(false);
        }
      }),
    );
  });
});

test('flights end for all who share them, and leave nothing behind', async () => {
  const flights = new Flights<number>();
  let starts = 0;
  const fly = (): Promise<number> => flights.run('k', () => Promise.resolve(++starts));
  expect(await Promise.all([fly(), fly(), fly()])).toEqual([1, 1, 1]);
  expect(flights.size).toBe(0);
  await expect(flights.run('k', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(flights.size).toBe(0);
  const first = fly();
  flights.abandon('k');
  expect(await Promise.all([first, fly()])).toEqual([2, 3]);
});

test('the most specific policy wins; a parameter is one part', () => {
  const router = new Router([{ name: 'l1', ttlMs: Infinity }], {
    any: { key: 'product:{id}:{field}' },
    price: { key: 'product:{id}:price' },
    product: { key: 'product:{id}' },
  });
  expect(router.of('product:1:price').name).toBe('price');
  expect(router.of('product:1:name').name).toBe('any');
  expect(router.of('product:1').name).toBe('product');
  expect(router.of('product:1:a:b').name).toBe('default');
});
