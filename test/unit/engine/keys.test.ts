import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinKey, KeySpace, scopePart } from '../../../src/engine/keys.ts';

/** Any text, lone surrogates too, and what is likely to be mistaken for something else. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\ufffd', 'a') }),
  fc.constantFrom(
    'a:b',
    'a',
    'b',
    '%3A',
    ':',
    '#',
    '%',
    '',
    '~ledger',
    '~',
    '{a}',
    '}',
    ' ',
    '\0',
    'x'.repeat(260),
  ),
);
const parts = fc.array(text, { minLength: 1, maxLength: 4 });

/** The bytes a server gets. */
function bytesOf(stored: string): string {
  return Buffer.from(stored, 'utf8').toString('latin1');
}

describe('stored keys', () => {
  test('different part lists make different keys, stored ones too', () => {
    const space = new KeySpace('n');
    const stored = (list: readonly string[]): string => bytesOf(space.stored(joinKey(list)));
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(joinKey(a) === joinKey(b)).toBe(same);
        expect(stored(a) === stored(b)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['shop', 'ü'.repeat(60), '€'.repeat(64)])('one under %s fits every server', (namespace) => {
    const space = new KeySpace(namespace);
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary', maxLength: 400 })), (key) => {
        const stored = space.stored(key);
        expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(250);
        expect(stored).not.toMatch(/[\u0000-\u0020\u007f{}]/);
        expect(stored.isWellFormed()).toBe(true);
        expect(stored.startsWith(`${namespace}:`)).toBe(true);
        expect(stored.startsWith(`${namespace}:~`)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test('a usual key is stored as it is, up to 250 bytes', () => {
    for (const namespace of ['shop', 'läden']) {
      const space = new KeySpace(namespace);
      const room = 250 - Buffer.byteLength(`${namespace}:`);
      for (const key of [
        'customer:360:42',
        'a~b#c',
        'ä:1',
        '|',
        '',
        'x'.repeat(room),
        'ä'.repeat(room >> 1),
      ]) {
        expect(space.stored(key)).toBe(`${namespace}:${key}`);
      }
      for (const key of ['x'.repeat(room + 1), `ä${'x'.repeat(room - 1)}`]) {
        expect(space.stored(key)).toMatch(/^[^:]+:#[\w-]{43}$/);
      }
    }
  });

  test('a key cannot pose as the hash of another', () => {
    const space = new KeySpace('n');
    const hashed = space.stored('with a space');
    expect(space.stored(hashed)).not.toBe(hashed);
  });

  test.each(['~ledger', '~tag:a', '~', '{a}', 'a{', 'a}', '#a', 'a b', 'a\u007f'])('%j is hashed', (key) => {
    const space = new KeySpace('n');
    expect(space.stored(key)).toMatch(/^n:#[\w-]{43}$/);
  });

  test('the hash is SHA-256, so that other programs can find the key', () => {
    const space = new KeySpace('n');
    // printf 'n:a b' | openssl dgst -sha256 -binary | basenc --base64url
    expect(space.stored('a b')).toBe('n:#B1SlQ1LBODyF4-LugGyvKg4HD6hmpz-FN_raW3IOsuc');
  });
});

test.each(['', 'a:b', 'a b', 'x'.repeat(65), '{a}', 'a}', '\ud800'])(
  'namespace %j is refused',
  (namespace) => {
    expect(() => new KeySpace(namespace)).toThrow('namespace');
  },
);

describe('the part of a user', () => {
  const SECRET = 'sixteen bytes ok';

  test('differs for each user and each secret, and always for the same ones not', () => {
    const user = fc.oneof(
      fc.string({ minLength: 1, maxLength: 4 }),
      fc.string({ unit: 'binary', minLength: 1 }),
    );
    const secret = fc.constantFrom(SECRET, 'sixteen bytes OK', `${SECRET}!`);
    fc.assert(
      fc.property(user, user, secret, secret, (a, b, s, t) => {
        expect(scopePart(s, a) === scopePart(t, b)).toBe(a === b && s === t);
        expect(scopePart(s, a)).toMatch(/^[\w-]{22}$/);
      }),
    );
  });

  test('stays as it is in a key', () => {
    const part = scopePart(SECRET, 'anna@example.org');
    expect(joinKey(['cart', part])).toBe(`cart:${part}`);
    expect(part).not.toContain('anna');
  });

  test('text and bytes are the same secret', () => {
    expect(scopePart(Buffer.from(SECRET), '42')).toBe(scopePart(SECRET, '42'));
  });

  test.each([
    ['fifteen bytes !', '42', 'has 15 bytes'],
    [SECRET, '', 'empty'],
    [SECRET, '\ud800', 'no valid text'],
  ])('%j, %j is refused', (secret, user, message) => {
    expect(() => scopePart(secret, user)).toThrow(message);
    expect(() => scopePart(secret, user)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
  });
});
