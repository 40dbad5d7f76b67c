import { expect, test } from 'vitest';
import { type Observed, warningsOf } from '../../../src/bench/warnings.ts';
import { withOverrides } from '../../../src/config/overrides.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';

interface Case {
  readonly operations?: number;
  readonly slipMs?: number;
  readonly waitedMs?: number;
  readonly failures?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly rate?: number;
  readonly lost?: string;
  readonly measuredMs?: number;
  readonly expected?: number;
}

function observed({
  operations = 20_000,
  slipMs = 0,
  waitedMs = 0,
  failures = 0,
  metrics = {},
  rate,
  lost,
  measuredMs = 5000,
  expected,
}: Case): Observed {
  const outcome = lost === undefined ? 'complete' : 'server_lost';
  return {
    scenario: {
      ...withOverrides(parseScenario('name: x\nkind: load\n', 'x.yaml'), { rate }),
      expect: expected === undefined ? undefined : { hitRatio: expected, within: 0.02 },
    },
    result: {
      id: 'all',
      title: 'all tiers',
      tiers: ['l1', 'redis'],
      measuredMs,
      metrics: {
        throughput: operations,
        operations,
        errors: failures,
        ...(rate !== undefined && {
          offered_rate: rate,
          'schedule_slip.p99': slipMs,
          'generator.waited': waitedMs,
        }),
        ...metrics,
      },
      histograms: {},
      seconds: [],
      errors: failures === 0 ? [] : [{ message: 'refused', count: failures }],
    },
    lost,
    outcome,
  };
}

test.each<readonly [string, Case, readonly string[]]>([
  ['nothing to say', {}, []],
  ['a closed loop is never late', { slipMs: 50 }, []],
  ['the generator was late', { rate: 20_000, slipMs: 50, measuredMs: 1000 }, ['generator_saturated']],
  [
    'the server was slow, not the generator',
    { rate: 30_000, slipMs: 50, waitedMs: 800 },
    ['rate_not_reached'],
  ],
  ['the generator was blocked', { metrics: { 'event_loop.lag.p99': 80 } }, ['generator_saturated']],
  ['the generator got no CPU', { metrics: { 'generator.starved': 0.4 } }, ['generator_starved']],
  [
    'too short to tell',
    { measuredMs: 500, metrics: { 'generator.starved': 0.4, 'event_loop.lag.p99': 80 } },
    [],
  ],
  ['the hit ratio is as expected', { expected: 0.9, metrics: { hit_ratio: 0.915 } }, []],
  ['the hit ratio is not', { expected: 0.9, metrics: { hit_ratio: 0.1 } }, ['hit_ratio_missed']],
  ['chance: fewer random arrivals than on average', { rate: 4050, operations: 20_000 }, []],
  [
    'answers after the end',
    { rate: 4000, operations: 20_000, measuredMs: 5500, metrics: { 'latency.p50': 500 } },
    [],
  ],
  ['too few operations for p99.9', { operations: 9999 }, ['few_samples']],
  ['failures', { failures: 3 }, ['errors']],
  ['a full server', { metrics: { 'redis.evictions': 5 } }, ['evictions']],
  ['a full L1 is meant to be', { metrics: { 'l1.evictions': 5 } }, []],
  ['a lost server', { lost: 'redis' }, ['server_lost']],
])('%s', (_what, given, codes) => {
  const warnings = warningsOf(observed(given));
  expect(warnings.map(({ code }) => code)).toEqual(codes);
  for (const { message, variant } of warnings) {
    expect(variant).toBe('all');
    expect(message.length).toBeGreaterThan(20);
  }
});
