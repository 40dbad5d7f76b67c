import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonCodec } from '../../../src/engine/codec.ts';
import { EntryFormat } from '../../../src/engine/entry.ts';
import { EntrySeal } from '../../../src/engine/integrity.ts';

const SECRET = 'a secret of some length';
const OTHER_SECRET = 'quite another secret, as long';

const seal = new EntrySeal('shop', { keys: { 1: SECRET }, sign: 1 });
const bytes = fc.uint8Array({ maxLength: 80 });
const key = fc.string({ maxLength: 20 });

describe('a signed entry', () => {
  test('is verified under its own key, and is then the entry, not a copy', () => {
    fc.assert(
      fc.property(bytes, key, (entry, storedKey) => {
        const sealed = seal.seal(entry, storedKey);
        const verified = seal.verify(sealed, storedKey);
        expect(new Uint8Array(verified ?? [])).toEqual(entry);
        expect(verified?.buffer).toBe(sealed.buffer);
        expect(sealed.length).toBe(entry.length + 18);
      }),
    );
  });

  test('is refused under any other key', () => {
    fc.assert(
      fc.property(bytes, key, key, (entry, from, to) => {
        fc.pre(from !== to);
        expect(seal.verify(seal.seal(entry, from), to)).toBeUndefined();
      }),
    );
  });

  test('is refused with any bit flipped, cut anywhere, or lengthened', () => {
    const sealed = seal.seal(Buffer.from([0xcb, 1, 0, 0, 0x31]), 'shop:a');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = new Uint8Array(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(seal.verify(flipped, 'shop:a')).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(seal.verify(sealed.subarray(0, length), 'shop:a')).toBeUndefined();
    }
    expect(seal.verify(Buffer.concat([sealed, Buffer.alloc(1)]), 'shop:a')).toBeUndefined();
  });

  test('is refused when namespace, key and entry are the same bytes cut into parts in another way', () => {
    const parts = (text: string, first: number, second: number): readonly [string, string, Uint8Array] => [
      text.slice(0, first),
      text.slice(first, second),
      Buffer.from(text.slice(second)),
    ];
    const cut = fc.tuple(fc.nat(12), fc.nat(12)).map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '\0', '\u0004'), minLength: 12, maxLength: 12 }),
        cut,
        cut,
        (text, [a, b], [c, d]) => {
          fc.pre(a !== c || b !== d);
          const [namespace, storedKey, entry] = parts(text, a, b);
          const [otherNamespace, otherKey, otherEntry] = parts(text, c, d);
          const options = { keys: { 1: SECRET }, sign: 1 };
          const sealed = new EntrySeal(namespace, options).seal(entry, storedKey);
          const moved = Buffer.concat([sealed.subarray(0, 18), otherEntry]);
          expect(new EntrySeal(otherNamespace, options).verify(moved, otherKey)).toBeUndefined();
        },
      ),
    );
  });

  test('is what the documentation says, so that others can check it', () => {
    const part = (text: string): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(text));
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const signed = Buffer.concat(['cachectl entry', 'shop', 'shop:ä', 'the entry'].map(part));
    const mac = createHmac('sha256', SECRET).update(signed).digest().subarray(0, 16);
    const expected = Buffer.concat([Buffer.from([0xcc, 1]), mac, Buffer.from('the entry')]);
    expect(Buffer.from(seal.seal(Buffer.from('the entry'), 'shop:ä'))).toEqual(expected);
  });
});

describe('keys', () => {
  test('are changed in three steps, in none of which an entry is refused', () => {
    const both = { 1: SECRET, 255: OTHER_SECRET };
    const steps = [
      new EntrySeal('n', { keys: { 1: SECRET }, sign: 1 }),
      new EntrySeal('n', { keys: both, sign: 1 }),
      new EntrySeal('n', { keys: both, sign: 255 }),
      new EntrySeal('n', { keys: { 255: OTHER_SECRET }, sign: 255 }),
    ];
    const entry = Buffer.from('entry');
    for (const [i, step] of steps.entries()) {
      for (const neighbour of steps.slice(Math.max(0, i - 1), i + 2)) {
        expect(neighbour.verify(step.seal(entry, 'k'), 'k')).toEqual(entry);
      }
    }
    const [first, , , last] = steps;
    expect(last?.verify(first?.seal(entry, 'k') ?? entry, 'k')).toBeUndefined();
  });

  test('a signature by another secret under the same number is refused', () => {
    const forger = new EntrySeal('shop', { keys: { 1: OTHER_SECRET }, sign: 1 });
    expect(seal.verify(forger.seal(Buffer.from('x'), 'k'), 'k')).toBeUndefined();
  });

  test.each([
    [{ 1: 'fifteen bytes !' }, 1, 'key 1 has 15 bytes, and needs at least 16'],
    [{ 1: new Uint8Array(15) }, 1, 'needs at least 16'],
    [{ 1: SECRET }, 2, 'there is no key 2 to sign with'],
    [{}, 0, 'there is no key 0'],
    [{ 256: SECRET }, 256, 'no key number'],
    [{ '-1': SECRET }, -1, 'no key number'],
  ])('%j, signing with %d: %s', (keys, sign, message) => {
    const make = (): EntrySeal => new EntrySeal('n', { keys, sign });
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
    expect(make).not.toThrow('fifteen');
  });

  test('a secret is as long as its bytes, not its letters', () => {
    expect(() => new EntrySeal('n', { keys: { 0: 'ääääääää' }, sign: 0 })).not.toThrow();
  });
});

describe('turning it on and off', () => {
  const format = new EntryFormat(jsonCodec, undefined);

  test('an entry that is not signed is refused by a cache that signs', () => {
    expect(seal.verify(format.encode({ a: 1 }), 'shop:a')).toBeUndefined();
  });

  test('a signed entry is corrupt to a cache that does not', () => {
    const sealed = seal.seal(format.encode({ a: 1 }), 'shop:a');
    for (const open of [() => format.decode(sealed), () => format.meta(sealed)]) {
      expect(open).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }));
    }
  });
});
