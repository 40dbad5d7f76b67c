import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';
import { IntervalSeries, type Outcome, type SecondSample } from '../../../src/metrics/interval-series.ts';

const EMPTY = { operations: 0, errors: 0, hits: 0, reads: 0 };

const rounded = (samples: readonly SecondSample[]): SecondSample[] =>
  samples.map(({ p99Ms, latency: _encoded, ...rest }) =>
    p99Ms === undefined ? rest : { ...rest, p99Ms: Math.round(p99Ms) },
  );

describe('interval series', () => {
  test('counts by the second in which an operation ended', () => {
    const series = new IntervalSeries(500);
    series.record(500, 1, 'hit');
    series.record(1499.9, 3, 'miss');
    series.record(1500, 8, 'written');
    series.record(1600, 0, 'error');
    expect(rounded(series.finish(2500))).toEqual([
      { at: 0, operations: 2, errors: 0, hits: 1, reads: 2, p99Ms: 3 },
      { at: 1, operations: 1, errors: 1, hits: 0, reads: 0, p99Ms: 8 },
    ]);
  });

  test('keeps the latencies of each second', () => {
    const series = new IntervalSeries(0);
    for (const ms of [1, 2, 50]) series.record(500, ms, 'hit');
    const [first] = series.finish(1000);
    const recorder = LatencyRecorder.decode(first?.latency ?? '');
    expect([0, 50, 100].map((percent) => Math.round(recorder.percentile(percent) ?? 0))).toEqual([1, 2, 50]);
    expect(recorder.count).toBe(3);
    recorder.close();
  });

  test('shows the seconds in which nothing ended', () => {
    const series = new IntervalSeries(0);
    series.record(100, 1, 'hit');
    series.record(3100, 1, 'hit');
    const samples = series.finish(5000);
    expect(samples.map((sample) => sample.operations)).toEqual([1, 0, 0, 1, 0]);
    expect(samples[1]).toEqual({ at: 1, ...EMPTY });
  });

  test('a second with errors alone has no percentile', () => {
    const series = new IntervalSeries(0);
    series.record(10, 1, 'error');
    expect(series.finish(1000)).toEqual([{ at: 0, ...EMPTY, errors: 1 }]);
  });

  test.each([
    [0, 0],
    [999, 1],
    [1000, 1],
    [1000.5, 2],
    [2000, 2],
  ])('a run of %d ms has %d seconds', (ms, seconds) => {
    expect(new IntervalSeries(0).finish(ms).length).toBe(seconds);
  });

  test('an operation that ended at the very end is not lost', () => {
    const series = new IntervalSeries(0);
    series.record(1000, 1, 'hit');
    expect(series.finish(1000).map((sample) => sample.operations)).toEqual([0, 1]);
  });

  test('one that is told late counts in the second at hand', () => {
    const series = new IntervalSeries(0);
    series.record(1000, 1, 'hit');
    series.record(990, 1, 'hit');
    expect(series.finish(2000).map((sample) => sample.operations)).toEqual([0, 2]);
  });

  test('ends at its bound and keeps what was before', () => {
    const series = new IntervalSeries(0, 3);
    for (let ms = 0; ms < 10_000; ms += 500) series.record(ms, 1, 'hit');
    series.record(1e9, 1, 'error');
    expect(rounded(series.finish(2e9))).toEqual(
      [0, 1, 2].map((at) => ({ at, operations: 2, errors: 0, hits: 2, reads: 2, p99Ms: 1 })),
    );
  });

  test('loses and invents nothing', () => {
    const outcome = constantFrom<Outcome>('hit', 'miss', 'written', 'error');
    const operation = record({ after: integer({ min: 0, max: 1500 }), outcome });
    assert(
      property(array(operation, { maxLength: 60 }), (operations) => {
        const series = new IntervalSeries(0);
        let now = 0;
        for (const { after, outcome: how } of operations) series.record((now += after), 1, how);
        const samples = series.finish(now);
        const sum = (name: 'operations' | 'errors' | 'hits' | 'reads'): number =>
          samples.reduce((total, sample) => total + sample[name], 0);
        const count = (...outcomes: Outcome[]): number =>
          operations.filter((one) => outcomes.includes(one.outcome)).length;
        expect(sum('operations')).toBe(count('hit', 'miss', 'written'));
        expect(sum('errors')).toBe(count('error'));
        expect(sum('hits')).toBe(count('hit'));
        expect(sum('reads')).toBe(count('hit', 'miss'));
        expect(samples.map((sample) => sample.at)).toEqual(samples.map((_, i) => i));
      }),
      { numRuns: 50 },
    );
  });
});
