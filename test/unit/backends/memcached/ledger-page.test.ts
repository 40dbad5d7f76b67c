import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PATTERNS } from '../../../../src/backends/ledger.ts';
import {
  advanced,
  decodePage,
  decodeTag,
  encodePage,
  encodeTag,
  newPage,
} from '../../../../src/backends/memcached/ledger-page.ts';

const anyChange = fc.record({
  patterns: fc.array(fc.string({ maxLength: 3, unit: 'binary' }), { maxLength: 30 }),
  all: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

describe('the page of a ledger', () => {
  test('whatever is changed: one number each, patterns in their order, and none is forgotten', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 30 }), (changes) => {
        let page = newPage();
        let latest = new Map<string, number>();
        for (const [i, change] of changes.entries()) {
          const before = page;
          page = advanced(before, change);
          expect(page.epoch).toBe(i + 1);
          expect(page.series).toBe(before.series);
          expect(page.incarnation === before.incarnation).toBe(!change.all);
          latest = change.all
            ? new Map()
            : new Map([...latest, ...change.patterns.map((p) => [p, i + 1] as const)]);
          expect(page.patterns.length).toBeLessThanOrEqual(MAX_PATTERNS);
          const numbers = page.patterns.map(({ epoch }) => epoch);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          const listed = new Map(page.patterns.map(({ pattern, epoch }) => [pattern, epoch]));
          expect(listed.size).toBe(page.patterns.length);
          for (const [pattern, epoch] of latest)
            expect(listed.get(pattern) ?? page.floor).toBeGreaterThanOrEqual(epoch);
          expect(decodePage(Buffer.from(encodePage(page)))).toEqual(page);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('everything new: no two incarnations are the same', () => {
    const pages = [newPage(), newPage()];
    for (let i = 0; i < 50; i++) pages.push(advanced(pages.at(-1) ?? newPage(), { all: true }));
    expect(new Set(pages.map(({ incarnation }) => incarnation)).size).toBe(pages.length);
    for (const { incarnation } of pages) expect(incarnation).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each([
    '',
    'x',
    '1',
    'null',
    '[]',
    '{}',
    '{"series":"a","incarnation":"b","epoch":1.5,"floor":0,"patterns":[]}',
  ])('%j is none', (text) => {
    expect(decodePage(Buffer.from(text))).toBeUndefined();
  });

  test('a tag has a number under the series that it was written in, and no other', () => {
    const page = { ...newPage(), epoch: 7 };
    const stored = Buffer.from(encodeTag(page));
    expect(decodeTag(page, stored)).toBe(7);
    expect(decodeTag(advanced(page, { all: true }), stored)).toBe(7);
    expect(decodeTag(newPage(), stored)).toBeUndefined();
    for (const junk of [undefined, Buffer.alloc(0), Buffer.from('7'), Buffer.from(`${page.series} x`)]) {
      expect(decodeTag(page, junk)).toBeUndefined();
    }
  });
});
