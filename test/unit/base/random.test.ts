import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mix32, seededRandom, systemRandom } from '../../../src/base/random.ts';
import { chiSquarePerDegree } from '../statistics.ts';

const take = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

describe('seeded random', () => {
  test('gives the known sequence', () => {
    const random = seededRandom(42);
    expect(take(4, () => random.nextUint32())).toEqual([3956124197, 3132207003, 3507750608, 766263245]);
    expect(random.next()).toBe(0.19371842214953439);
    expect(seededRandom(0).nextUint32()).toBe(128257810);
    expect(seededRandom(42).fork('keys').nextUint32()).toBe(2359102353);
  });

  test('takes the seed modulo 2^32', () => {
    expect(seededRandom(2 ** 32 + 7).nextUint32()).toBe(seededRandom(7).nextUint32());
    expect(seededRandom(-1).nextUint32()).toBe(seededRandom(2 ** 32 - 1).nextUint32());
  });

  test('is uniform, in each bit of 32 and in pairs of draws', () => {
    const random = seededRandom(1);
    const bits = new Float64Array(32);
    const draws = 200_000;
    for (let i = 0; i < draws; i++) {
      const draw = random.nextUint32();
      for (let bit = 0; bit < 32; bit++) bits[bit]! += (draw >>> bit) & 1;
    }
    for (const ones of bits) expect(Math.abs(ones / draws - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / draws));

    const pairs = new Float64Array(64 * 64);
    for (let i = 0; i < 400_000; i++) {
      pairs[Math.floor(random.next() * 64) * 64 + Math.floor(random.next() * 64)]!++;
    }
    const ratio = chiSquarePerDegree(pairs, () => 1 / pairs.length);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  test('stays in [0, 1)', () => {
    const random = seededRandom(3);
    const draws = take(100_000, () => random.next());
    expect(draws.filter((draw) => !(draw >= 0 && draw < 1))).toEqual([]);
  });
});

describe('forks', () => {
  test('depend on seed and label alone, not on what was drawn', () => {
    const used = seededRandom(5);
    used.nextUint32();
    used.fork('other').nextUint32();
    expect(used.fork('keys').nextUint32()).toBe(seededRandom(5).fork('keys').nextUint32());
  });

  test('move no other source', () => {
    const forking = seededRandom(5);
    forking.fork('keys').nextUint32();
    expect(forking.nextUint32()).toBe(seededRandom(5).nextUint32());
  });

  test('have nothing in common with each other or their parent', () => {
    const parent = seededRandom(5);
    const sources = [parent, ...['', 'a', 'b', 'ab', 'ba', 'a1', 'a2'].map((label) => parent.fork(label))];
    const drawn = sources.flatMap((source) => take(1000, () => source.nextUint32()));
    expect(drawn.length - new Set(drawn).size).toBeLessThan(5);
    const [first = [], second = []] = sources.slice(1, 3).map((source) => take(50_000, () => source.next()));
    const products = first.map((value, i) => (value - 0.5) * ((second[i] ?? Number.NaN) - 0.5) * 12);
    const correlation = products.reduce((sum, product) => sum + product, 0) / products.length;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(products.length));
  });
});

describe('mix32', () => {
  test('gives the known values', () => {
    expect([0, 1, 2 ** 32 - 1].map(mix32)).toEqual([1684164658, 1580013426, 3950124170]);
  });

  test('ignores the sign and what is beyond 32 bits', () => {
    assert(
      property(integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(mix32(value | 0)).toBe(mix32(value));
        expect(mix32(value + 2 ** 32)).toBe(mix32(value));
      }),
    );
  });

  test('sends no two of a million integers to one', () => {
    const images = new Uint32Array(1_000_000).map((_, i) => mix32(i)).sort();
    expect(images.findIndex((image, i) => i > 0 && image === images[i - 1])).toBe(-1);
  });

  test('changes half of the bits when one is changed', () => {
    let changed = 0;
    for (let value = 0; value < 2000; value++) {
      for (let bit = 0; bit < 32; bit++) changed += countOnes(mix32(value) ^ mix32(value ^ (1 << bit)));
    }
    expect(changed / (2000 * 32 * 32)).toBeCloseTo(0.5, 2);
  });
});

test('the system source differs from one to the next', () => {
  expect(new Set(take(8, () => systemRandom().next())).size).toBeGreaterThan(6);
});

function countOnes(value: number): number {
  let ones = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) ones++;
  return ones;
}
