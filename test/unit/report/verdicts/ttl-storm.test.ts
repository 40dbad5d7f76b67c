import { expect, test } from 'vitest';
import { ttlStormVerdict } from '../../../../src/report/verdicts/ttl-storm.ts';
import type { RunResult, VariantResult } from '../../../../src/results/run-result.ts';
import { runOf } from '../fixture.ts';

function variant(title: string, metrics: Record<string, number>): VariantResult {
  const nothing = { histograms: {}, seconds: [], errors: [] };
  return { id: title, title, tiers: ['l1', 'redis'], measuredMs: 1000, metrics, ...nothing };
}

const run = (...variants: readonly VariantResult[]): RunResult => runOf([], { variants });
const textOf = (said: readonly string[]): string => said.join(' ').replaceAll('\u00A0', ' ');

const storm = (title: string, peak: number, p99: number): VariantResult =>
  variant(title, {
    'storm.origin.peak': peak,
    'storm.peak_factor': 8,
    'storm.duration': 700,
    'storm.latency.p99': p99,
    'storm.calm.latency.p99': 2,
  });

test('the first variant, the one that spares the origin most, and whose readers felt it least', () => {
  const result = run(storm('same TTL', 1800, 50), storm('jitter', 400, 30), storm('swr', 500, 3));
  expect(textOf(ttlStormVerdict(result))).toBe(
    'With same TTL the origin loaded up to 1800/s, 8.00 times the mean, for 700 ms; ' +
      'with jitter the origin loaded up to 400/s, 8.00 times the mean, for 700 ms. ' +
      'Readers felt it least with swr: p99 of 3.00 ms in the storm, after 2.00 ms before.',
  );
});

test('nothing loaded is said as that', () => {
  expect(textOf(ttlStormVerdict(run(variant('same TTL', {}))))).toBe(
    'With same TTL nothing was loaded around the expiry.',
  );
  expect(textOf(ttlStormVerdict(run()))).toBe('Nothing was measured.');
});
