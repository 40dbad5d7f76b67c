import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, displayWidth, toAscii, truncate, unbroken, wrap } from '../../../src/report/text.ts';

test.each([
  ['plain', 'plain'],
  ['two\nlines\tand\u0000more', 'two lines and more'],
  ['\u001B[31mred\u001B[0m', 'red'],
  ['\u001B]0;title\u0007', ''],
  ['right\u202Eto left\u200B', 'rightto left'],
  ['  e\u0301  ', 'é'],
])('clean %j', (text, cleaned) => {
  expect(clean(text)).toBe(cleaned);
});

test.each([
  ['abc', 3],
  ['缓存', 4],
  ['🚀', 2],
  ['é', 1],
  ['\u001B[31mred\u001B[39m', 3],
])('displayWidth %j is %d', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('truncate cuts between characters and says so', () => {
  expect(truncate('memcached', 9)).toBe('memcached');
  expect(truncate('memcached', 5)).toBe('memc…');
  expect(truncate('缓存缓存', 4)).toBe('缓…');
});

describe('wrap', () => {
  test('indents the lines after the first', () => {
    expect(wrap('one two three four', 9, 2)).toEqual(['one two', '  three', '  four']);
  });

  test('keeps together what is one thing, if a line can hold it', () => {
    expect(wrap(`try ${unbroken('`--rate 900`')} now`, 14)).toEqual(['try', '`--rate 900`', 'now']);
    expect(wrap(unbroken('a thing that is long'), 10)).toEqual(['a thing', 'that is', 'long']);
  });

  test('never exceeds the width, and loses nothing but spaces', () => {
    const words = fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 }));
    fc.assert(
      fc.property(
        words,
        fc.integer({ min: 10, max: 60 }),
        fc.integer({ min: 0, max: 4 }),
        (list, width, indent) => {
          const text = list.join(' ');
          const lines = wrap(text, width, indent);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        },
      ),
    );
  });
});

test('toAscii keeps every column in its place', () => {
  expect(toAscii('– 1.20 µs ▁█ ✓ 缓存')).toBe('- 1.20 us .@ + ????');
});
