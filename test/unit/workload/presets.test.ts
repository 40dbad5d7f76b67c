import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { DrawSequence } from '../../../src/workload/draw-sequence.ts';
import { OPERATIONS, type Operation } from '../../../src/workload/operations.ts';
import { findPreset, PRESET_NAMES } from '../../../src/workload/presets.ts';
import { TWITTER_CSV } from '../../../src/workload/presets/data/twitter.ts';
import { mixOf } from '../../../src/workload/presets/operation-names.ts';
import { twitterClusters } from '../../../src/workload/presets/twitter.ts';
import { TtlMaker } from '../../../src/workload/ttls.ts';
import { ValueMaker } from '../../../src/workload/values.ts';

const DRAWS = 40_000;
/** Four standard deviations of a share that is drawn as often as here. */
const TOLERANCE = 4 * Math.sqrt(0.25 / DRAWS);

const READS = new Set(['get', 'gets']);

/** What the shares of a row make together, read from its text by other means than the code's. */
function sharesOf(list: string): Map<string, number> {
  const shares = new Map<string, number>();
  for (const item of list.split(/,? /).filter((part) => part !== '')) {
    const [name = '', share = ''] = item.split(':');
    shares.set(name, Number(share));
  }
  const sum = [...shares.values()].reduce((total, share) => total + share, 0);
  return new Map([...shares].map(([name, share]) => [name, share / sum]));
}

const MS: Readonly<Record<string, number>> = { s: 1e3, h: 3.6e6, d: 8.64e7 };
const millis = (text: string): number => Number(text.slice(0, -1)) * MS[text.slice(-1)]!;

const rows = TWITTER_CSV.trim().split('\n').slice(1);

describe.each(rows.map((row) => [row.split(',')[0]!, row] as const))('twitter/%s', (name, row) => {
  const preset = findPreset(`twitter/${name}`)!;
  const [before, quoted, after] = row.includes('"')
    ? row.split('"')
    : [
        row.split(',').slice(0, 9).join(',') + ',',
        row.split(',')[9],
        `,${row.split(',').slice(10).join(',')}`,
      ];
  const [, missRatio, , keyBytes, valueBytes] = before.split(',');
  const [, , , operations, zipf] = after.split(',');

  test('keys, sizes and miss ratio are those of the table; what it leaves open is said', () => {
    expect(preset.publishedMissRatio).toBe(missRatio === '' ? undefined : Number(missRatio));
    const assumed = preset.assumptions.join('; ');
    if (keyBytes === '') expect(assumed).toContain('the size of keys is not given');
    else expect(preset.keyBytes).toBe(Number(keyBytes));
    const made = new ValueMaker(preset.values, seededRandom(1)).make(7, 1).byteLength;
    if (valueBytes === '') expect(assumed).toContain('the size of values is not given');
    else expect(made).toBe(Number(valueBytes));
    const { popularity } = preset;
    if (zipf === '') expect(assumed).toContain('the Zipf exponent is not given');
    else if (Number(zipf) === 0) expect(popularity.distribution).toBe('uniform');
    else expect(popularity).toEqual({ distribution: 'zipfian', exponent: Number(zipf) });
  });

  test('operations that are drawn have the shares of the table', () => {
    const keyspace = { ...preset.popularity, keys: 1000 };
    const sequence = new DrawSequence({ keyspace, operations: preset.operations }, seededRandom(1));
    const counts = new Map<Operation, number>();
    for (let i = 0; i < DRAWS; i++) {
      const operation = sequence.nextOperation();
      counts.set(operation, (counts.get(operation) ?? 0) + 1);
    }
    const table = sharesOf(operations === '' ? 'get:1' : operations!);
    const share = (which: (one: string) => boolean): number =>
      [...table].filter(([one]) => which(one)).reduce((sum, [, part]) => sum + part, 0);
    const expected: Partial<Record<Operation, number>> = {
      getOrLoad: share((one) => READS.has(one)),
      delete: share((one) => one === 'delete'),
      set: share((one) => !READS.has(one) && one !== 'delete'),
    };
    for (const operation of OPERATIONS) {
      const found = (counts.get(operation) ?? 0) / DRAWS;
      expect(Math.abs(found - (expected[operation] ?? 0))).toBeLessThan(TOLERANCE);
    }
  });

  test('times to live that are given have the shares of the table', () => {
    const ttls = new TtlMaker(preset.ttl, seededRandom(1));
    const counts = new Map<number | undefined, number>();
    for (let i = 0; i < DRAWS; i++) {
      const ttl = ttls.ttlMsOf(i % 1000, i);
      counts.set(ttl, (counts.get(ttl) ?? 0) + 1);
    }
    const table = sharesOf(quoted!);
    // Times that are written in two ways, as 1d and 24h, are one.
    const expected = new Map<number | undefined, number>(table.size === 0 ? [[undefined, 1]] : []);
    for (const [text, share] of table) expected.set(millis(text), (expected.get(millis(text)) ?? 0) + share);
    expect(new Set(counts.keys())).toEqual(new Set(expected.keys()));
    for (const [ttl, share] of expected) {
      expect(Math.abs(counts.get(ttl)! / DRAWS - share)).toBeLessThan(TOLERANCE);
    }
  });
});

test('all 54 clusters are there, and every name gives the preset of that name', () => {
  expect(twitterClusters().map(({ name }) => `twitter/${name}`)).toEqual(PRESET_NAMES.slice(0, 54));
  expect(PRESET_NAMES).toHaveLength(55);
  expect(PRESET_NAMES.map((name) => findPreset(name)?.name)).toEqual(PRESET_NAMES);
  for (const name of ['twitter/cluster0', 'twitter/cluster55', 'meta/x', 'toString/x', '']) {
    expect(findPreset(name)).toBeUndefined();
  }
});

test('clusters that the table tells little of: what stands for it is among the other rows, and told', () => {
  const known = twitterClusters();
  const five = findPreset('twitter/cluster5')!;
  expect(five.assumptions).toHaveLength(6);
  expect(known.map(({ keyBytes }) => keyBytes)).toContain(five.keyBytes);
  expect(five).toMatchObject({ operations: { getOrLoad: 1 }, ttl: { distribution: 'none' } });
  const exponents = known.flatMap(({ zipf }) => (zipf === undefined || zipf === 0 ? [] : [zipf]));
  const { popularity } = findPreset('twitter/cluster43')!;
  if (popularity.distribution !== 'zipfian') throw new Error('expected a Zipf exponent');
  const below = exponents.filter((one) => one < popularity.exponent).length;
  const above = exponents.filter((one) => one > popularity.exponent).length;
  expect(Math.abs(below - above)).toBeLessThanOrEqual(1);
});

test('an operation that nothing stands for is not left out silently', () => {
  expect(() => mixOf([['append', 1]])).toThrow("no operation stands for 'append'");
});

describe('meta/kvcache', () => {
  const preset = findPreset('meta/kvcache')!;

  test('popularity has all groups, and those that are asked for once in their share', () => {
    if (preset.popularity.distribution !== 'popularity') throw new Error('expected a table');
    const { groups, weights } = preset.popularity.table;
    expect([groups.length, groups[0], weights[0]]).toEqual([806, 1, 27_638_685]);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    // Ratios of config.json: lone gets by all gets.
    expect(weights.at(-1)! / sum).toBeCloseTo(
      0.13471687972434254 / (0.9845283120275657 + 0.13471687972434254),
      8,
    );
    expect(groups.slice(0, -1).reduce((total, size) => total + size, 0)).toBe(10_483_642);
    expect(sum - weights.at(-1)!).toBe(417_229_820);
  });

  test('sizes of values follow the table', () => {
    if (preset.values.distribution !== 'table') throw new Error('expected a table');
    const { sizes, weights } = preset.values.table;
    expect([sizes.length, sizes[4], weights[4], sizes.at(-1)]).toEqual([7520, 159, 8_366_545, 523_487]);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const maker = new ValueMaker(preset.values, seededRandom(1));
    const made = Array.from({ length: DRAWS }, (_, key) => maker.sizeOf(key));
    for (const limit of [100, 160, 200, 1000, 10_000]) {
      const expected = sizes.reduce((total, size, i) => total + (size < limit ? weights[i]! : 0), 0) / sum;
      const found = made.filter((size) => size < limit).length / DRAWS;
      expect(Math.abs(found - expected)).toBeLessThan(TOLERANCE);
    }
  });
});
