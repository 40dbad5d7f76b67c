import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { KEY_DISTRIBUTIONS, createKeyDistribution } from '../../../src/workload/distributions.ts';
import { UniformKeys } from '../../../src/workload/uniform.ts';
import { chiSquarePerDegree } from '../statistics.ts';

describe.each(Object.keys(KEY_DISTRIBUTIONS))('key distribution: %s', (name) => {
  const create = (keys: number, seed = 1): (() => number) => {
    const distribution = createKeyDistribution(
      name,
      { keys, exponent: 1.1 },
      seededRandom(9),
      seededRandom(seed),
    );
    return () => distribution.next();
  };

  test.each([1, 2, 3, 1000])('gives integers in [0, n), in the end each of them, for n = %d', (keys) => {
    const next = create(keys);
    const seen = new Set<number>();
    for (let i = 0; i < 300 * keys; i++) seen.add(next());
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: keys }, (_, i) => i));
  });

  test('gives the same sequence from the same seeds', () => {
    const [one, two, other] = [create(1000), create(1000), create(1000, 2)].map((next) =>
      Array.from({ length: 50 }, next),
    );
    expect(one).toEqual(two);
    expect(one).not.toEqual(other);
  });

  test.each([0, -5, 1.5, Number.NaN, 2 ** 32 + 1])('refuses %d keys', (keys) =>
    expect(() => create(keys)).toThrow(/number of keys is .*, expected an integer/),
  );
});

test('uniform keys are uniform', () => {
  const keys = new UniformKeys(1000, seededRandom(1));
  const counts = new Uint32Array(1000);
  for (let i = 0; i < 500_000; i++) counts[keys.next()]!++;
  const fit = chiSquarePerDegree(counts, () => 1 / 1000);
  expect(fit).toBeGreaterThan(0.85);
  expect(fit).toBeLessThan(1.15);
});

test.each(['zipfain', 'constructor', ''])('an unknown name lists the known ones: %j', (name) => {
  const random = seededRandom(1);
  expect(() => createKeyDistribution(name, { keys: 1, exponent: 1 }, random, random)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', hint: 'known: uniform, zipfian' }),
  );
});
