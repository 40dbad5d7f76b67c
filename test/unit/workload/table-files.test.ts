import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReadTable, readPopularity, readSizes } from '../../../src/workload/table-files.ts';

const problemsOf = (read: ReadTable<unknown>): readonly string[] =>
  (read.problems ?? []).map(({ line, message }) => `${line}: ${message}`);

describe('popularity', () => {
  test('a weight a line', () => {
    const read = readPopularity('# hot first\n5\n\n 2.5 \r\n0\n1e2\n');
    expect(read).toEqual({ table: { groups: [1, 1, 1, 1], weights: [5, 2.5, 0, 100], keys: 4 } });
  });

  test('shares of keys and of draws, cumulated', () => {
    const read = readPopularity('0.25 0.5\n0.5, 0.75\n1 1\n');
    expect(read).toEqual({
      table: { groups: [0.25, 0.25, 0.5], weights: [0.5, 0.25, 0.25], keys: undefined },
    });
  });

  test('the form of CacheBench', () => {
    const text = '{"oneHits": 0.1, "popularityBuckets": [1, 20], "popularityWeights": [7, 9]}';
    expect(readPopularity(text)).toEqual({ table: { groups: [1, 20], weights: [7, 9], keys: 21 } });
  });

  test.each([
    ['', ['1: there is no line with numbers']],
    ['5\nx\n-1\n1 2\n0x10\n7', ['2', '3', '4', '5'].map((line) => `${line}: expected one number, 0 or more`)],
    ['1 2 3', ['1: expected one number, 0 or more']],
    ['0\n0', ['1: all weights are 0, expected some over it']],
    ['0.5 0.5\n0.4 0.6\n1 1', ['2: expected shares that rise']],
    ['0.5 0.5\n1 0.9', ['2: expected the last shares to be 1 1']],
    ['{"popularityBuckets": [1]}', ["1: expected a list of numbers in 'popularityWeights'"]],
    [
      '{"popularityBuckets": [1], "popularityWeights": [1, 2]}',
      ["1: expected as many numbers in 'popularityWeights' (2) as in 'popularityBuckets' (1)"],
    ],
    [
      '{"popularityBuckets": [0, 1], "popularityWeights": [-1, 2]}',
      ['1: group 1 has 0 keys, expected more than 0', '1: weight 1 is -1, expected 0 or more'],
    ],
  ])('%j is refused, with all that is wrong', (text, problems) =>
    expect(problemsOf(readPopularity(text))).toEqual(problems),
  );

  test('what is no JSON after all is told', () =>
    expect(problemsOf(readPopularity('{"popularityBuckets": [1,')).join()).toMatch(/^1: it is no JSON: /));
});

describe('sizes', () => {
  test('a size and its weight a line', () =>
    expect(readSizes('100 5\n4096 1\n')).toEqual({ table: { sizes: [100, 4096], weights: [5, 1] } }));

  test.each([
    ['values', '[31, 63]', '[5, 6]'],
    ['ranges', '[31, 63, 95]', '[5, 6]'],
  ])('the form of CacheBench, with %s', (_what, sizes, weights) =>
    expect(readSizes(`{"valSizeRange": ${sizes}, "valSizeRangeProbability": ${weights}}`)).toEqual({
      table: { sizes: JSON.parse(sizes) as unknown, weights: JSON.parse(weights) as unknown },
    }),
  );

  test.each([
    ['100', ['1: expected two numbers, 0 or more']],
    [
      '\n0 1\n1.5 2\n99999999 1',
      ['2: size 1 is 0', '3: size 2 is 1.5', '4: size 3 is 99999999'].map(
        (begin) => `${begin}, expected a whole number of bytes from 1 to 64 MiB`,
      ),
    ],
    [
      '{"valSizeRange": [5, 5, 6], "valSizeRangeProbability": [1, 1]}',
      ['1: bound 2 is 5, expected more than the one before, 5'],
    ],
  ])('%j is refused, with all that is wrong', (text, problems) =>
    expect(problemsOf(readSizes(text))).toEqual(problems),
  );
});

test('any text is read or refused, with lines that are there', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 60 }), (text) => {
      const lines = text.split('\n').length;
      for (const { line } of [readPopularity(text), readSizes(text)].flatMap(
        ({ problems }) => problems ?? [],
      )) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
