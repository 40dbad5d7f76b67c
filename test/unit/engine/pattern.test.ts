import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, literalPrefix } from '../../../src/engine/pattern.ts';

/** The meaning of patterns, said as plainly as can be; takes exponential time. */
function matches(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return key.length === 0;
  if (first === '*') return matches(rest, key) || (key.length > 0 && matches(pattern, key.slice(1)));
  if (key.length === 0) return false;
  if (first === '?') return matches(rest, key.slice(1));
  if (first !== '\\' || rest.length === 0) return first === key[0] && matches(rest, key.slice(1));
  return rest[0] === key[0] && matches(rest.slice(1), key.slice(1));
}

const symbols = fc.constantFrom('a', 'b', ':', '*', '?', '\\', '😀', '\ud83d', '\ude00');
const pattern = fc.string({ unit: symbols, maxLength: 9 });
const key = fc.string({ unit: symbols, maxLength: 9 });
/** A pattern and a key that it is likely to match: the pattern's text with its wildcards filled in. */
const likely = fc
  .array(
    fc.tuple(fc.constantFrom('a', 'b', ':', '*', '?', '😀'), fc.string({ unit: symbols, maxLength: 2 })),
    {
      maxLength: 8,
    },
  )
  .map((pieces): [string, string] => [
    pieces.map(([piece]) => piece).join(''),
    pieces
      .map(([piece, filler]) => (piece === '*' ? filler : piece === '?' ? [...filler, 'a'][0] : piece))
      .join(''),
  ]);

describe('compilePattern', () => {
  test('matches as the plain meaning says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(pattern, key), likely), ([glob, text]) => {
        expect(compilePattern(glob)(text)).toBe(matches([...glob], [...text]));
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ['customer:*', 'customer:360:42', true],
    ['customer:*', 'customers', false],
    ['*:42', 'customer:360:42', true],
    ['*:42', 'customer:360:421', false],
    ['customer:*:profile', 'customer:42:eu:profile', true],
    ['customer:?', 'customer:42', false],
    ['customer:??', 'customer:42', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\?', 'a?', true],
    ['a\\\\', 'a\\', true],
    ['a\\', 'a\\', true],
    ['a?b', 'a😀b', true],
    ['a.b', 'axb', false],
    ['*', '', true],
    ['**', 'a', true],
    ['', '', true],
    ['', 'a', false],
    ['CUSTOMER:*', 'customer:42', false],
  ])('%j and %j: %j', (glob, text, expected) => {
    expect(compilePattern(glob)(text)).toBe(expected);
  });

  test('takes no more than key times pattern steps: what makes a regular expression hang ends at once', () => {
    const before = process.cpuUsage();
    expect(compilePattern('*a'.repeat(30) + '*b')('a'.repeat(20_000))).toBe(false);
    expect(compilePattern('*?'.repeat(30) + 'b')('a'.repeat(20_000))).toBe(false);
    expect(compilePattern(`*${'a'.repeat(50)}b*c`)('a'.repeat(20_000))).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });

  test('is compiled once, as long as not too many others come', () => {
    const first = compilePattern('once:*');
    expect(compilePattern('once:*')).toBe(first);
    for (let i = 0; i < 256; i++) compilePattern(`other:${i}:*`);
    expect(compilePattern('once:*')).not.toBe(first);
    expect(compilePattern('other:255:*')).toBe(compilePattern('other:255:*'));
  });
});

describe('literalPrefix', () => {
  test.each([
    ['customer:*', 'customer:'],
    ['customer:?:x', 'customer:'],
    ['a\\*b*', 'a*b'],
    ['a\\', 'a\\'],
    ['*', ''],
    ['', ''],
    ['plain', 'plain'],
    ['😀?', '😀'],
  ])('%j: %j', (glob, prefix) => {
    expect(literalPrefix(glob)).toBe(prefix);
  });

  test('every key that matches begins with it', () => {
    fc.assert(
      fc.property(likely, ([glob, text]) => {
        if (matches([...glob], [...text])) expect(text.startsWith(literalPrefix(glob))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
