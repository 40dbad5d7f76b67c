import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import type { Scenario } from '../../../src/config/scenario.ts';
import { PRESET_NAMES } from '../../../src/workload/presets.ts';
import { errorOf } from './error-of.ts';

const MINIMAL = 'name: x\nkind: load\n';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workload-sections-'));
  const files = {
    'weights.txt': '5\n3\n2\n',
    'cdf.txt': '0.1 0.9\n1 1\n',
    'wrong.txt': '1\nx\ny\n',
    'sizes.txt': '64 1\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

const parse = (text: string): Scenario => parseScenario(`${MINIMAL}${text}\n`, 'f.yaml', folder);
const problemsOf = (text: string): readonly string[] =>
  errorOf(() => parse(text), 'BAD_SCENARIO').problems.map(
    ({ file, line, column, key, message }) => `${file}:${line}:${column ?? ''} ${key}: ${message}`,
  );

test.each<[string, Partial<Scenario>]>([
  [
    'keyspace: { distribution: gaussian, keys: 9, sigma: 25% }',
    { keyspace: { distribution: 'gaussian', keys: 9, keyBytes: 12, sigma: 0.25 } },
  ],
  [
    'keyspace: { distribution: hotspot, hot_keys: 1%, hot_operations: 99%, key_size: 40B }',
    { keyspace: { distribution: 'hotspot', keys: 10_000, keyBytes: 40, hotKeys: 0.01, hotDraws: 0.99 } },
  ],
  [
    'keyspace: { distribution: exponential }',
    { keyspace: { distribution: 'exponential', keys: 10_000, keyBytes: 12, hotKeys: 0.8, hotDraws: 0.95 } },
  ],
  [
    'keyspace: { distribution: shifting, shift_time: 2s }\nload: { model: open }',
    {
      keyspace: {
        distribution: 'shifting',
        keys: 10_000,
        keyBytes: 12,
        exponent: 0.99,
        everyOperations: 100_000,
        everyMs: 2000,
        step: 0.1,
      },
    },
  ],
  [
    'keyspace: { distribution: popularity, file: weights.txt }',
    {
      keyspace: {
        distribution: 'popularity',
        keys: 3,
        keyBytes: 12,
        table: { groups: [1, 1, 1], weights: [5, 3, 2] },
      },
    },
  ],
  [
    'keyspace: { distribution: popularity, file: cdf.txt }',
    {
      keyspace: {
        distribution: 'popularity',
        keys: 10_000,
        keyBytes: 12,
        table: { groups: [0.1, 0.9], weights: [0.9, 1 - 0.9] },
      },
    },
  ],
  [
    'values: { distribution: lognormal, mean: 1KiB, sigma: 2, compressibility: 40% }',
    {
      values: {
        distribution: 'lognormal',
        medianBytes: 1024 / Math.exp(2),
        sigma: 2,
        minBytes: 1,
        maxBytes: 2 ** 20,
        compressibility: 0.4,
      },
    },
  ],
  [
    'values: { distribution: table, file: sizes.txt }',
    { values: { distribution: 'table', table: { sizes: [64], weights: [1] }, compressibility: 0 } },
  ],
  [
    'ttl: { distribution: uniform, min: 1s, max: 2s }',
    { ttl: { distribution: 'uniform', minMs: 1000, maxMs: 2000 } },
  ],
  [
    'ttl: { distribution: table, choices: [{ ttl: 1m, weight: 3 }, { ttl: 1d, weight: 1 }] }',
    { ttl: { distribution: 'table', ttlsMs: [60_000, 86_400_000], weights: [3, 1] } },
  ],
  [
    'load: { model: open, rate: 50/s, shape: { form: burst, burst_rate: 1k/s, period: 4s, duty: 25% } }',
    {
      load: {
        model: 'open',
        rate: 50,
        arrival: 'poisson',
        connections: 50,
        maxInFlight: 10_000,
        shape: { form: 'burst', burstRate: 1000, periodMs: 4000, duty: 0.25 },
      },
    },
  ],
  [
    'load: { model: closed, stages: [{ duration: 1s, connections: 5 }, { duration: 2s, connections: 9 }] }',
    {
      load: {
        model: 'closed',
        pipeline: 1,
        thinkMs: 0,
        connections: 9,
        stages: [
          { durationMs: 1000, connections: 5 },
          { durationMs: 2000, connections: 9 },
        ],
      },
    },
  ],
])('%s', (text, expected) =>
  expect(parse(text)).toEqual({ ...parse(''), load: parse(text).load, ...expected }),
);

const NOT_THERE = 'ENOENT: no such file or directory';

describe('what is wrong is told with its place and what was expected', () => {
  test.each<[string, readonly string[]]>([
    ['keyspace: { sigma: 5% }', ['f.yaml:3:20 keyspace.sigma: this key needs distribution: gaussian']],
    [
      'keyspace: { distribution: gaussian, sigma: 0%, keys: 0 }',
      [
        "f.yaml:3:44 keyspace.sigma: expected a share from 0.01% to 100%; found '0%'",
        'f.yaml:3:54 keyspace.keys: expected a whole number from 1 to 1000000000; found 0',
      ],
    ],
    ['keyspace: { keys: 100, key_size: 1B }', ['f.yaml:3:34 keyspace.key_size: 100 keys need at least 2B']],
    [
      'keyspace: { distribution: shifting, shift_time: 1s }',
      ['f.yaml:3:49 keyspace.shift_time: this key needs load.model: open, which has a rate'],
    ],
    [
      'keyspace: { distribution: popularity }',
      ['f.yaml:3:11 keyspace.file: expected the path of a file; the key is missing'],
    ],
    [
      'keyspace: { distribution: popularity, file: wrong.txt }\nvalues: { distribution: table, file: none }',
      [
        'wrong.txt:2: keyspace.file: expected one number, 0 or more',
        'wrong.txt:3: keyspace.file: expected one number, 0 or more',
        `f.yaml:4:38 values.file: the file 'none' cannot be read: ${NOT_THERE}, open '`,
      ],
    ],
    [
      'values: { distribution: lognormal, mean: 1KiB, median: 1KiB }',
      ['f.yaml:3:56 values.median: this key and mean exclude each other'],
    ],
    ['values: { distribution: table }', ['f.yaml:3:9 values: one of choices and file must be given']],
    [
      'values: { distribution: pareto, shape: 99, scale: 0, compressibility: 101% }',
      [
        'f.yaml:3:40 values.shape: expected a number from -10 to 10; found 99',
        'f.yaml:3:51 values.scale: expected a number from 0.001 to 67108864; found 0',
        "f.yaml:3:71 values.compressibility: expected a share from 0% to 100%; found '101%'",
      ],
    ],
    ['ttl: { distribution: uniform, min: 2s, max: 1s }', ['f.yaml:3:36 ttl.min: min is longer than max']],
    [
      'ttl: { distribution: table, choices: [{ ttl: 5, weight: -1 }] }',
      [
        'f.yaml:3:46 ttl.choices[0].ttl: expected a duration with a unit (ms, s, m, h or d), such as 250ms, 2s or 1h30m; found 5',
        'f.yaml:3:57 ttl.choices[0].weight: expected a number from 1e-9 to 1000000000000000; found -1',
      ],
    ],
    [
      'load: { model: open, rate: 5/s, stages: [{ duration: 1s, rate: 0/s }] }',
      ["f.yaml:3:64 load.stages[0].rate: expected a rate from 0.01/s to 10M/s; found '0/s'"],
    ],
    [
      'load: { model: open, rate: 5/s, stages: [{ duration: 1s, rate: 1/s }] }',
      ['f.yaml:3:28 load.rate: this key and stages exclude each other'],
    ],
    [
      'load: { model: open, shape: { form: sine, duty: 5%, amplitude: 120% } }',
      [
        'f.yaml:3:49 load.shape.duty: this key needs form: burst',
        "f.yaml:3:64 load.shape.amplitude: expected a share from 0% to 100%; found '120%'",
      ],
    ],
    ['load: { stages: [] }', ['f.yaml:3:17 load.stages: expected at least one stage; found an empty list']],
    [
      'workload: { preset: twitter/cluser12, keys: 0 }',
      [
        "f.yaml:3:21 workload.preset: there is no preset 'twitter/cluser12'; near are twitter/cluster12, twitter/cluster1, twitter/cluster2, twitter/cluster10, twitter/cluster11; there are twitter/cluster1 to twitter/cluster54 and meta/kvcache",
        'f.yaml:3:45 workload.keys: expected a whole number from 1 to 1000000000; found 0',
      ],
    ],
    [
      'workload: { preset: meta/kvcache, keys: 5 }\nkeyspace: { keys: 7 }',
      ['f.yaml:3:41 workload.keys: this key and the section keyspace exclude each other'],
    ],
  ])('%s', (text, expected) => {
    const found = problemsOf(text);
    expect(found.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(expected);
  });
});

describe('presets', () => {
  test.each(PRESET_NAMES)('%s gives all sections', (name) => {
    const { preset, keyspace, load } = parse(`workload: { preset: ${name}, keys: 500 }`);
    expect(preset?.name).toBe(name);
    expect(keyspace.keys).toBe(500);
    expect(load).toEqual(parse('').load);
  });

  test('sections that the file writes stand in place of those of the preset', () => {
    const scenario = parse(
      'workload: { preset: twitter/cluster4 }\nvalues: { size: 5B }\noperations: { get: 100% }',
    );
    expect(scenario).toMatchObject({
      preset: { name: 'twitter/cluster4', publishedMissRatio: 0.3941 },
      keyspace: { distribution: 'zipfian', keys: 10_000, keyBytes: 67, exponent: 1.1004 },
      values: { bytes: 5 },
      operations: { get: 1 },
      ttl: { distribution: 'table', ttlsMs: [60_000, 300_000, 3_600_000, 600_000, 14_400_000, 86_400_000] },
    });
  });
});
