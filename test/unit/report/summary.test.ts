import { describe, expect, test } from 'vitest';
import { advise } from '../../../src/report/advice.ts';
import { observe } from '../../../src/report/summary.ts';
import type { RunResult, VariantResult, Warning } from '../../../src/results/run-result.ts';
import { runOf, SERVERS } from './fixture.ts';

function variant(id: string, tiers: readonly string[], metrics: Record<string, number>): VariantResult {
  return { id, title: id, tiers, measuredMs: 10_000, metrics, histograms: {}, seconds: [], errors: [] };
}

function run(variants: readonly VariantResult[], changes: Partial<RunResult> = {}): RunResult {
  const base = runOf([], { variants, ...changes });
  return {
    ...base,
    scenario: { ...base.scenario, variants: variants.map(({ id }) => id), ...changes.scenario },
  };
}

const said = (result: RunResult): string => observe(result).join(' ').replaceAll('\u00A0', ' ');
const advised = (result: RunResult, gates = 0): string =>
  advise(result, {
    passed: true,
    gates: Array.from({ length: gates }, () => ({
      expression: 'errors == 0',
      origin: '--gate',
      variant: 'all',
      metric: 'errors',
      actual: 0,
      limit: 0,
      passed: true,
      margin: undefined,
    })),
  })
    .join(' ')
    .replaceAll('\u00A0', ' ');

const none = variant('none', [], { 'latency.p50': 10, 'latency.p99': 40, throughput: 100 });
const all = variant('all', ['l1', 'redis'], { 'latency.p50': 0.1, 'latency.p99': 20, throughput: 9876 });
const slow = variant('all', ['redis'], { 'latency.p50': 20, 'latency.p99': 39.5 });

const warning = (code: Warning['code']): Pick<RunResult, 'warnings'> => ({
  warnings: [{ code, message: '' }],
});

describe('what was seen', () => {
  test('faster, by how much', () => {
    expect(said(run([none, all]))).toBe(
      'Half of the operations took at most 100 µs with all, against 10.0 ms with none: 100 times faster. ' +
        '99 % took at most 20.0 ms, against 40.0 ms: 2.0 times faster.',
    );
  });

  test('slower, and that the cache does not pay', () => {
    const text = said(run([none, slow]));
    expect(text).toContain('against 10.0 ms with none: 2.0 times slower.');
    expect(text).toContain('against 40.0 ms: about the same.');
    expect(text).toContain('the cache costs more than it saves');
  });

  test('no such thing is said where both variants have tiers, or the main one has none', () => {
    expect(said(run([variant('l1', ['l1'], none.metrics), slow]))).not.toContain('costs more');
    expect(said(run([all, none]))).not.toContain('costs more');
  });

  test('a single variant is held against nothing', () => {
    expect(said(run([all]))).toBe('Half of the operations took at most 100 µs, and 99 % at most 20.0 ms.');
  });

  test('without a variant that has no tiers, the first is what the main one is held against', () => {
    const first = variant('l1', ['l1'], { 'latency.p50': 1, 'latency.p99': 30 });
    expect(said(run([first, slow, { ...all, id: 'main' }]))).toContain('against 1.00 ms with l1');
  });

  test('the quickest variant, when it is neither of the two', () => {
    const best = variant('l1', ['l1'], { 'latency.p50': 0.1, 'latency.p99': 2 });
    expect(said(run([none, best, all]))).toContain('The lowest p99 was that of l1: 2.00 ms.');
    expect(said(run([none, all]))).not.toContain('lowest');
  });

  test('loads avoided, and who answered', () => {
    const metrics = { 'origin.loads': 25, 'origin.loads_avoided': 975, 'l1.hits': 700, 'redis.hits': 275 };
    const text = said(run([variant('all', ['l1', 'redis'], metrics)]));
    expect(text).toBe(
      '975 of 1000 reads (97.5 %) needed no load from the origin. ' +
        'L1 answered most of the hits (71.8 %), then Redis (28.2 %).',
    );
  });

  test('no tier has most of the hits', () => {
    const hits = { 'l1.hits': 40, 'redis.hits': 35, 'database.hits': 25 };
    expect(said(run([variant('all', ['l1'], hits)]))).toBe(
      'L1 answered more hits than any other tier (40.0 %), then Redis (35.0 %).',
    );
  });

  test('a run that read nothing but the origin', () => {
    const metrics = { 'origin.loads': 300, 'origin.loads_avoided': 0 };
    expect(said(run([variant('none', [], metrics)]))).toBe(
      'Every read was loaded from the origin (300 loads).',
    );
  });

  test('nothing', () => {
    expect(said(run([]))).toBe('Nothing was measured.');
    expect(said(run([variant('all', [], {})]))).toBe('');
  });
});

describe('what to try next', () => {
  const open = { ...runOf([]).scenario, load: { model: 'open', rate: 5000, connections: 8 } } as const;
  const noServers = { environment: { ...runOf([]).environment, servers: [] } };

  test('all that was not tried yet', () => {
    expect(advised(run([none, all]))).toBe(
      'Try `--rate 6900` to see the latency at a steady rate, waiting included. ' +
        'Measure your own servers with `--redis URL`. ' +
        "Hold this in CI with `--gate 'latency.p99 < 30ms'`.",
    );
  });

  test('nothing that is in use already', () => {
    const [redis] = SERVERS;
    if (redis === undefined) throw new Error('the fixture has no server');
    const environment = { ...runOf([]).environment, servers: [{ ...redis, private: false }] };
    expect(
      advised(run([none, all], { scenario: { ...open, variants: ['none', 'all'] }, environment }), 1),
    ).toBe('');
  });

  test.each([
    [0.0123, '19us'],
    [0.9, '1.4ms'],
    [7.01, '11ms'],
    [900, '1.4s'],
  ])('a gate with room over a p99 of %d ms', (p99, limit) => {
    const metrics = { 'latency.p99': p99 };
    expect(advised(run([variant('all', [], metrics)], noServers))).toContain(`latency.p99 < ${limit}'`);
  });

  test.each([
    ['interrupted', 'Let the next run end'],
    ['server_lost', 'Find out why the server ended'],
  ] as const)('after a run that was %s, only that', (outcome, advice) => {
    const text = advised(run([none, all], { outcome }));
    expect(text).toContain(advice);
    expect(text).not.toContain('--');
  });

  test('what makes the figures doubtful comes before all else', () => {
    const failed = variant('all', [], { errors: 3, 'latency.p99': 2, throughput: 100 });
    expect(advised(run([failed]))).toBe('First find out why 3 operations failed.');
    expect(advised(run([all], warning('few_samples')))).toBe('Measure for longer, as with `--duration 30s`.');
    expect(advised(run([all], warning('generator_saturated')))).toBe(
      'Try a load that leaves the generator room, as `--connections 16`.',
    );
  });

  test('a rate that can be kept, below the one that was not', () => {
    const reached = variant('all', [], { throughput: 4200 });
    const result = run([reached], {
      ...warning('rate_not_reached'),
      scenario: { ...open, variants: ['all'] },
    });
    expect(advised(result)).toBe('Try a rate that can be kept, as `--rate 2900`.');
  });

  test('no advice that cannot be followed', () => {
    expect(advised(run([variant('all', [], { throughput: 0.4 })], noServers))).toBe('');
    expect(advised(run([]))).toBe('');
  });
});

test('latencies of no operations are not spoken of', () => {
  const dead = variant('redis', ['redis'], { operations: 0, errors: 9, 'latency.p50': 0, 'latency.p99': 0 });
  expect(said(run([none, dead]))).toBe('');
});

describe('a published workload', () => {
  const preset = {
    name: 'twitter/cluster4',
    source: 'OSDI 2020',
    publishedMissRatio: 0.3941,
    assumptions: [],
  };
  const hits = variant('all', ['redis'], { hit_ratio: 0.75 });
  const scenario = { ...runOf([]).scenario, preset };

  test('is told with its miss ratio beside the one here', () => {
    expect(said(run([hits], { scenario }))).toContain(
      'Of the reads 25.0 % missed with all; in production, with a cache and keys of other size, 39.4 % of twitter/cluster4 did (OSDI 2020).',
    );
  });

  test('is not compared where nothing was published, or nothing was read from a cache', () => {
    const { publishedMissRatio: _none, ...unknown } = preset;
    expect(said(run([hits], { scenario: { ...scenario, preset: unknown } }))).not.toContain('production');
    expect(said(run([none], { scenario }))).not.toContain('production');
    expect(said(run([hits]))).not.toContain('production');
  });
});
