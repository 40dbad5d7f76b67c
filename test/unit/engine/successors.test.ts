import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { type SuccessorOptions, Successors } from '../../../src/engine/successors.ts';

function learnt(keys: Iterable<string>, options: SuccessorOptions): Successors {
  const successors = new Successors(options);
  for (const key of keys) successors.observe(key);
  return successors;
}

function times(count: number, ...keys: readonly string[]): string[] {
  return Array.from({ length: count }, () => keys).flat();
}

describe('likely', () => {
  test('what followed often enough, and in enough of the cases', () => {
    const options = { within: 1, probability: 0.6, support: 3 };
    expect(learnt(times(2, 'a', 'b', '-'), options).likely('a')).toEqual([]);
    expect(learnt(times(3, 'a', 'b', '-'), options).likely('a')).toEqual(['b']);
    const mixed = [...times(6, 'a', 'b', '-'), ...times(4, 'a', 'c', '-')];
    expect(learnt(mixed, options).likely('a')).toEqual(['b']);
    expect(learnt(mixed, { ...options, probability: 0.4 }).likely('a')).toEqual(['b', 'c']);
    expect(learnt(mixed, { ...options, probability: 0.61 }).likely('a')).toEqual([]);
    expect(learnt(mixed, options).likely('unknown')).toEqual([]);
  });

  test('the likeliest first', () => {
    const mixed = [...times(4, 'a', 'b', '-'), ...times(6, 'a', 'c', '-')];
    expect(learnt(mixed, { within: 1, probability: 0.3, support: 1 }).likely('a')).toEqual(['c', 'b']);
  });

  test('within so many keys, each counted once a read', () => {
    const keys = times(10, 'a', 'b', 'b', 'c', 'b', 'd', '-');
    const options = { probability: 0.9, support: 5 };
    expect(learnt(keys, { ...options, within: 1 }).likely('a')).toEqual(['b']);
    expect(learnt(keys, { ...options, within: 3 }).likely('a')).toEqual(['b', 'c']);
    expect(learnt(keys, { ...options, within: 5 }).likely('a')).toEqual(['b', 'c', 'd']);
    // Were b counted at each read, its count would be twice that of a.
    expect(learnt([...keys, ...times(15, 'a', '-')], { ...options, within: 5 }).likely('a')).toEqual([]);
  });

  test('a key does not follow itself', () => {
    expect(learnt(times(20, 'a'), { within: 3, support: 1 }).likely('a')).toEqual([]);
  });

  test('follows what changes, and forgets what was', () => {
    const successors = learnt(times(1000, 'a', 'old'), { within: 1 });
    expect(successors.likely('a')).toEqual(['old']);
    for (const key of times(60, 'a', 'new')) successors.observe(key);
    expect(successors.likely('a')).toEqual(['new']);
  });

  test('goes on when counts are halved, whatever support is asked for', () => {
    for (const support of [1, 3, 40]) {
      const successors = new Successors({ within: 1, support, probability: 0.5 });
      for (const key of times(support + 2, 'a', 'b')) successors.observe(key);
      for (const key of times(500, 'a', 'b')) {
        successors.observe(key);
        expect(successors.likely('a')).toContain('b');
      }
    }
  });
});

describe('bounds', () => {
  test('on keys, of which those read last are kept', () => {
    const successors = new Successors({ keys: 100, within: 1, support: 2 });
    for (let i = 0; i < 10_000; i++) {
      for (const key of ['hot', 'follower', `cold:${i}`, `colder:${i}`]) successors.observe(key);
      expect(successors.size).toBeLessThanOrEqual(100);
    }
    expect(successors.likely('hot')).toEqual(['follower']);
    for (let i = 0; i < 100; i++) successors.observe(`other:${i}`);
    expect(successors.likely('hot')).toEqual([]);
  });

  test('on keys, and what is read again is still known', () => {
    const successors = learnt(times(5, 'hot', 'follower', '-'), { keys: 20, within: 1 });
    for (let i = 0; i < 50; i++) {
      successors.observe('hot');
      expect(successors.likely('hot')).toEqual(['follower']);
      successors.observe('follower');
      for (let cold = 0; cold < 7; cold++) successors.observe(`cold:${i}:${cold}`);
    }
  });

  test('on followers of a key, where what is frequent comes in although others came first', () => {
    const noise = Array.from({ length: 5 }, (_, i) => ['a', `noise:${i}`, 'a', `noise:${i}`]).flat();
    const successors = learnt([...noise, ...times(12, 'a', 'b')], { within: 1, support: 3 });
    expect(successors.likely('a')).toEqual(['b']);
  });

  test('on followers of a key: what is frequent prevails over any number that is not', () => {
    const noise = Array.from({ length: 200 }, (_, i) => ['a', `noise:${i}`, 'a', 'b']).flat();
    expect(learnt(noise, { within: 1, probability: 0.3 }).likely('a')).toEqual(['b']);
    const onlyNoise = noise.filter((key) => key !== 'b');
    expect(learnt(onlyNoise, { within: 1, probability: 0.01, support: 2 }).likely('a')).toEqual([]);
  });

  test('what is likely did follow so often, in that share of the cases', () => {
    const key = fc.constantFrom(...'abcdefghijklmn');
    // Shorter than the memory of any key, so that nothing is halved.
    const keys = fc
      .array(key, { maxLength: 60 })
      .filter((list) => list.filter((one) => one === 'a').length < 30);
    const options = fc.record({
      within: fc.integer({ min: 1, max: 4 }),
      support: fc.integer({ min: 1, max: 3 }),
      probability: fc.double({ min: 0.05, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(keys, options, (sequence, chosen) => {
        const reads = [...sequence.keys()].filter((i) => sequence[i] === 'a');
        for (const follower of learnt(sequence, chosen).likely('a')) {
          const followed = reads.filter((i) => {
            const after = sequence.slice(i + 1, i + 1 + chosen.within);
            return after.includes(follower);
          }).length;
          expect(followed).toBeGreaterThanOrEqual(chosen.support);
          expect(followed).toBeGreaterThanOrEqual(reads.length * chosen.probability);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    { keys: 0 },
    { within: 0 },
    { within: 1.5 },
    { support: 0 },
    { probability: 0 },
    { probability: 1.1 },
  ])('%j is refused', (options) => {
    expect(() => new Successors(options)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
  });
});

/** Reads of shoppers who look at a product, mostly at its reviews next, and often at its price then; in turn with each other. */
function* shopping(random: Random, shoppers: number, reads: number): Generator<string> {
  const plans = Array.from({ length: shoppers }, (): string[] => []);
  for (let i = 0; i < reads; i++) {
    const plan = plans[Math.floor(random.next() * shoppers)] ?? [];
    if (plan.length === 0) {
      const product = Math.floor(random.next() ** 2 * 500);
      plan.push(`product:${product}`);
      if (random.next() < 0.9) plan.push(`reviews:${product}`);
      if (random.next() < 0.7) plan.push(`price:${product}`);
    }
    yield plan.shift() ?? '';
  }
}

/** Share of the reads of reviews and prices that were foretold, and share of what was foretold that was then read. */
function foretold(
  successors: Successors,
  reads: Iterable<string>,
  horizon: number,
): { recall: number; precision: number } {
  const open = new Map<string, number>();
  let [at, wanted, hits, predictions] = [0, 0, 0, 0];
  for (const key of reads) {
    at++;
    const until = open.get(key) ?? 0;
    if (!key.startsWith('product:')) wanted++;
    if (until >= at) {
      hits++;
      open.delete(key);
    }
    successors.observe(key);
    for (const next of successors.likely(key)) {
      if ((open.get(next) ?? 0) < at) predictions++;
      open.set(next, at + horizon);
    }
  }
  return { recall: hits / wanted, precision: hits / predictions };
}

describe('what prefetching would gain', () => {
  test('one caller: most of what follows is foretold, and most of what is foretold follows', () => {
    const { recall, precision } = foretold(
      new Successors({ within: 2 }),
      shopping(seededRandom(1), 1, 60_000),
      4,
    );
    expect(recall).toBeGreaterThan(0.8);
    expect(precision).toBeGreaterThan(0.7);
  });

  test('eight callers at once: a window of one is blind, one as long as they are many is not', () => {
    const reads = (): Generator<string> => shopping(seededRandom(1), 8, 30_000);
    expect(foretold(new Successors({ within: 1 }), reads(), 24).recall).toBeLessThan(0.05);
    const { recall, precision } = foretold(new Successors({ within: 16 }), reads(), 24);
    expect(recall).toBeGreaterThan(0.6);
    expect(precision).toBeGreaterThan(0.6);
  });

  test('reads without any order: next to nothing is foretold', () => {
    const random = seededRandom(2);
    const reads = Array.from({ length: 60_000 }, () => `key:${Math.floor(random.next() * 1000)}`);
    const successors = new Successors({ within: 4 });
    let predictions = 0;
    for (const key of reads) {
      successors.observe(key);
      predictions += successors.likely(key).length;
    }
    expect(predictions).toBeLessThan(60);
  });
});
