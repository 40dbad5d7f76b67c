import { assert, constantFrom, double, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import {
  KEY_DISTRIBUTIONS,
  createKeyDistribution,
  type KeyDistributionName,
  type KeyDistributionSpec,
} from '../../../src/workload/distributions.ts';
import { DrawSequence } from '../../../src/workload/draw-sequence.ts';
import { countRanks, distributionCases, READS_AND_WRITES } from '../../support/key-distributions.ts';
import { chiSquarePerDegree } from '../statistics.ts';

/** A usual form of each distribution; a new one is added here. */
const FORMS: { readonly [N in KeyDistributionName]: Extract<KeyDistributionSpec, { distribution: N }> } = {
  uniform: { distribution: 'uniform', keys: 1 },
  zipfian: { distribution: 'zipfian', keys: 1, exponent: 1.1 },
  gaussian: { distribution: 'gaussian', keys: 1, sigma: 0.3 },
  hotspot: { distribution: 'hotspot', keys: 1, hotKeys: 0.2, hotDraws: 0.8 },
  latest: { distribution: 'latest', keys: 1, exponent: 0.99 },
  exponential: { distribution: 'exponential', keys: 1, hotKeys: 0.5, hotDraws: 0.8 },
  sequential: { distribution: 'sequential', keys: 1 },
  shifting: { distribution: 'shifting', keys: 1, exponent: 1.1, everyOperations: 100, step: 0.1 },
  popularity: { distribution: 'popularity', keys: 1, table: { groups: [1, 2, 7], weights: [5, 3, 2] } },
};

const names = Object.keys(KEY_DISTRIBUTIONS) as KeyDistributionName[];

function drawsOf(spec: KeyDistributionSpec, count: number, seed = 1): number[] {
  const sequence = new DrawSequence({ keyspace: spec, operations: READS_AND_WRITES }, seededRandom(seed));
  return Array.from({ length: count }, () => {
    sequence.nextOperation();
    return sequence.nextKey();
  });
}

const isIndex = (keys: number) => (key: number) => Number.isInteger(key) && key >= 0 && key < keys;

describe.each(names)('key distribution: %s', (name) => {
  const form = (keys: number): KeyDistributionSpec => ({ ...FORMS[name], keys });

  test.each([1, 2, 3, 1000])('gives integers in [0, n), in the end each of them, for n = %d', (keys) => {
    const seen = new Set(drawsOf(form(keys), 300 * keys));
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: keys }, (_, i) => i));
  });

  test('stays in range for any number of keys', () => {
    const keys = integer({ min: 1, max: 2 ** 32 });
    assert(
      property(keys, integer(), (n, seed) => {
        expect(drawsOf(form(n), 40, seed).filter((key) => !isIndex(n)(key))).toEqual([]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('gives the same sequence from the same seed, another from another', () => {
    const draws = drawsOf(form(1000), 3000);
    expect(drawsOf(form(1000), 3000)).toEqual(draws);
    if (name !== 'sequential') expect(drawsOf(form(1000), 3000, 2)).not.toEqual(draws);
  });

  test.each([0, -5, 1.5, Number.NaN, 2 ** 32 + 1])('refuses %d keys', (keys) =>
    expect(() => drawsOf(form(keys), 1)).toThrow(/number of keys is .*, expected an integer/),
  );
});

describe('probabilities', () => {
  const KEYS = 2003;
  const cases = distributionCases(KEYS, 5);

  test('every distribution has a case, sequential but, which is exact', () => {
    const tested = new Set<string>(cases.map(({ spec }) => spec.distribution));
    expect(names.filter((name) => !tested.has(name))).toEqual(['sequential']);
  });

  test.each(cases)('of $name are what they should be', (one) => {
    const sum = one.weights.reduce((total, weight) => total + weight, 0);
    const fit = chiSquarePerDegree(countRanks(one, 5, 400_000), (rank) => one.weights[rank]! / sum);
    expect(fit).toBeGreaterThan(0.85);
    expect(fit).toBeLessThan(1.15);
  });

  test('the test sees a slightly other exponent, sigma or share', () => {
    const wrong: readonly KeyDistributionSpec[] = [
      { distribution: 'zipfian', keys: KEYS, exponent: 1.01 },
      { distribution: 'gaussian', keys: KEYS, sigma: 0.155 },
      { distribution: 'hotspot', keys: KEYS, hotKeys: 0.2, hotDraws: 0.82 },
      { distribution: 'exponential', keys: KEYS, hotKeys: 0.4, hotDraws: 0.955 },
      { distribution: 'latest', keys: KEYS, exponent: 1.01 },
    ];
    const rights = ['zipfian 0.99', 'gaussian 0.15', 'hotspot', 'exponential', 'latest'];
    for (const [index, spec] of wrong.entries()) {
      const right = cases.find(({ name }) => name === rights[index])!;
      const sum = right.weights.reduce((total, weight) => total + weight, 0);
      const counts = countRanks({ ...right, spec }, 5, 400_000);
      expect(chiSquarePerDegree(counts, (rank) => right.weights[rank]! / sum)).toBeGreaterThan(1.15);
    }
  });
});

test('any parameters that are allowed give keys in range', () => {
  const spec = record({
    keys: integer({ min: 1, max: 2 ** 32 }),
    exponent: double({ min: 0.01, max: 10, noNaN: true }),
    sigma: double({ min: 0.001, max: 1, noNaN: true }),
    hotKeys: double({ min: 1e-6, max: 1, noNaN: true }),
    hotDraws: double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
    everyOperations: double({ min: 1, max: 1e9, noNaN: true }),
    step: double({ min: 0, max: 1, noNaN: true }),
  });
  assert(
    property(spec, constantFrom(...names), integer(), (parameters, name, seed) => {
      const chosen = { ...FORMS[name], ...parameters, distribution: name } as KeyDistributionSpec;
      expect(drawsOf(chosen, 30, seed).filter((key) => !isIndex(parameters.keys)(key))).toEqual([]);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test.each<[Partial<KeyDistributionSpec>, string]>([
  [{ ...FORMS.zipfian, exponent: 0 }, 'Zipf exponent is 0, expected a number over 0'],
  [{ ...FORMS.gaussian, sigma: 0 }, 'sigma is 0, expected a number over 0'],
  [{ ...FORMS.hotspot, hotKeys: 1.1 }, 'share of hot keys is 1.1, expected a number from 0 to 1'],
  [{ ...FORMS.hotspot, hotDraws: -1 }, 'share of draws of hot keys is -1, expected a number from 0 to 1'],
  [{ ...FORMS.exponential, hotKeys: 0 }, 'share of hot keys is 0, expected a number from 0.000001 to 1'],
  [{ ...FORMS.shifting, step: 2 }, 'step is 2, expected a number from 0 to 1'],
  [{ ...FORMS.shifting, everyOperations: 0 }, 'operations between moves is 0, expected a number over 0'],
  [{ ...FORMS.popularity, table: { groups: [], weights: [] } }, 'there are no groups'],
  [{ ...FORMS.popularity, table: { groups: [1, 0], weights: [1, 1] } }, 'group 2 has 0 keys'],
  [{ ...FORMS.popularity, table: { groups: [1], weights: [1, 2] } }, '1 groups and 2 weights'],
  [
    { ...FORMS.popularity, table: { groups: [1, 1], weights: [1, -2] } },
    'weight 2 is -2, expected 0 or more',
  ],
  [{ ...FORMS.popularity, table: { groups: [1], weights: [0] } }, 'the weights add up to 0'],
])('%j is refused', (spec, message) =>
  expect(() => drawsOf(spec as KeyDistributionSpec, 1)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining(message) }),
  ),
);

test('sequential keys come one after the other, several for one operation too, and wrap', () => {
  expect(drawsOf({ distribution: 'sequential', keys: 4 }, 10)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
  const position = { index: 3, nth: 0, written: 0, writing: false };
  const random = seededRandom(1);
  const keys = createKeyDistribution({ distribution: 'sequential', keys: 4 }, random, random, position);
  expect([keys.next(), ((position.nth = 1), keys.next())]).toEqual([3, 0]);
});

test('writes of latest keys are of the oldest one, and make it the newest', () => {
  const position = { index: 0, nth: 0, written: 0, writing: true };
  const [layout, draws] = [seededRandom(1), seededRandom(2)];
  const spec = { distribution: 'latest', keys: 5, exponent: 10 } as const;
  const keys = createKeyDistribution(spec, layout, draws, position);
  const trail: number[] = [];
  for (position.written = 0; position.written < 7; position.written++) {
    position.writing = true;
    trail.push(keys.next());
    position.writing = false;
    // At this exponent 999 of 1000 reads are of the newest key.
    trail.push(keys.next());
  }
  expect(trail).toEqual([0, 4, 1, 0, 2, 1, 3, 2, 4, 3, 0, 4, 1, 0]);
});

test('the hot key of a shifting distribution is another after each move, and comes back after a round', () => {
  const spec = { distribution: 'shifting', keys: 10, exponent: 10, everyOperations: 100, step: 0.3 } as const;
  const hot = Array.from({ length: 11 }, (_, move) => drawsOf(spec, 1100)[move * 100 + 50]);
  expect(new Set(hot.slice(0, 10)).size).toBe(10);
  expect(hot[10]).toBe(hot[0]);
});

test.each(['zipfain', 'constructor', ''])('an unknown name lists the known ones: %j', (name) => {
  const random = seededRandom(1);
  const spec = { distribution: name, keys: 1 } as unknown as KeyDistributionSpec;
  expect(() => createKeyDistribution(spec, random, random)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', hint: `known: ${names.join(', ')}` }),
  );
});

test.each(['uniform', 'zipfian'] as const)(
  '%s names its hottest keys, each once, as far as there are any',
  (name) => {
    const spec =
      name === 'uniform' ? { distribution: name, keys: 40 } : { distribution: name, keys: 40, exponent: 1.1 };
    const keys = createKeyDistribution(spec, seededRandom(9), seededRandom(1));
    const hottest = keys.hottest?.(7) ?? [];
    expect(new Set(hottest).size).toBe(7);
    expect(keys.hottest?.(100)?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(keys.hottest?.(100)?.slice(0, 7)).toEqual(hottest);
  },
);
