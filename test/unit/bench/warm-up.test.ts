import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';
import type { Slot } from '../../../src/bench/slots.ts';
import { rolloutMetrics, startMetrics } from '../../../src/bench/warm-up.ts';

interface Told {
  readonly near?: number;
  readonly ms?: number;
}

/** A slot of 100 reads, so many of them hits, all of one latency. */
function slot(hits: number, { near = 0, ms = 1 }: Told = {}): Slot {
  const recorder = new LatencyRecorder('js', 'coarse');
  recorder.record(ms);
  return { reads: 100, hits, near, latencies: [recorder.encode()] };
}

const EMPTY: Slot = { reads: 0, hits: 0, near: 0, latencies: [] };
const slots = (...hits: readonly number[]): readonly Slot[] => hits.map((count) => slot(count));
const times = (count: number, hits: number): readonly number[] => Array.from({ length: count }, () => hits);
const noLoads = (of: readonly Slot[]): readonly number[] => of.map(() => 0);
const start = (of: readonly Slot[], loads = noLoads(of)): Record<string, number> =>
  startMetrics({ slots: of, loads });

describe('a start', () => {
  test('steady is the last quarter; a share of it is reached where it holds for three slots', () => {
    const course = slots(0, 30, 60, 73, 75, 79, 80, ...times(9, 80));
    expect(start(course)).toMatchObject({
      'warmup.steady.hit_ratio': 0.8,
      'warmup.time_to_90': 300,
      'warmup.time_to_99': 600,
    });
  });

  test('one or two slots above it are chance', () => {
    const course = slots(0, 80, 80, 10, 80, 20, 80, 80, 80, ...times(7, 80));
    expect(start(course)).toMatchObject({ 'warmup.time_to_90': 600 });
  });

  test('what was warm from the first slot on took no time, and loads until then are none', () => {
    const course = slots(...times(12, 90));
    expect(start(course, times(12, 7))).toMatchObject({
      'warmup.time_to_90': 0,
      'warmup.time_to_99': 0,
      'warmup.origin.loads': 0,
      'warmup.origin.peak': 0,
    });
    expect(start(course)).not.toHaveProperty('warmup.latency.p99');
  });

  test('a slot without reads holds nothing', () => {
    const course = [...slots(80, 80), EMPTY, ...slots(...times(9, 80))];
    expect(start(course)).toMatchObject({ 'warmup.time_to_90': 300 });
  });

  test('the origin load is that until 90 %, its peak as a rate per second', () => {
    const course = slots(0, 20, 40, ...times(9, 80));
    const loads = [10, 30, 20, ...times(9, 99)];
    expect(start(course, loads)).toMatchObject({ 'warmup.origin.loads': 60, 'warmup.origin.peak': 300 });
  });

  test('what was not reached is absent, and the load is that of the whole run', () => {
    const course = slots(0, 0, 10, 0, 90, 0, 80, 0);
    const metrics = start(course, times(8, 5));
    expect(metrics).not.toHaveProperty('warmup.time_to_90');
    expect(metrics['warmup.origin.loads']).toBe(40);
    expect(start(slots(...times(8, 0)))).not.toHaveProperty('warmup.time_to_90');
    expect(start([])).toEqual({ 'warmup.origin.loads': 0, 'warmup.origin.peak': 0 });
  });

  test('latency is told until L1 is warm, too, and of the steady part', () => {
    const course = [
      slot(80, { near: 0, ms: 50 }),
      slot(80, { near: 10, ms: 40 }),
      ...times(10, 0).map(() => slot(80, { near: 60, ms: 2 })),
    ];
    const metrics = start(course);
    expect(metrics).toMatchObject({ 'warmup.time_to_90': 0, 'warmup.l1.time_to_90': 200 });
    expect(metrics['warmup.latency.p99']).toBeCloseTo(50, 0);
    expect(metrics['warmup.steady.latency.p99']).toBeCloseTo(2, 1);
    expect(metrics['warmup.steady.l1.hit_ratio']).toBe(0.6);
  });

  test('of L1 nothing is said where it answers nothing', () => {
    expect(Object.keys(start(slots(...times(12, 80)))).filter((name) => name.includes('.l1.'))).toEqual([]);
  });

  test('however the ratio goes, 99 % is not reached before 90 %, and both within the run', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 40 }), (hits) => {
        const course = hits.map((count) => ({ reads: 100, hits: count, near: 0, latencies: [] }));
        const metrics = start(course);
        const to90 = metrics['warmup.time_to_90'] ?? Infinity;
        const to99 = metrics['warmup.time_to_99'] ?? Infinity;
        return to90 <= to99 && (to99 === Infinity || to99 <= (hits.length - 3) * 100);
      }),
    );
  });
});

describe('a rollout', () => {
  const before = times(6, 80);
  const judge = (hits: readonly number[], loads = hits.map(() => 0)): Record<string, number> =>
    rolloutMetrics({ slots: slots(...hits), loads }, 6, 10);

  test('the dip is the lowest of three slots together, its length all that is below 90 %', () => {
    const metrics = judge([...before, 80, 80, 60, 30, 60, 80, 80, 80]);
    expect(metrics).toMatchObject({
      'warmup.steady.hit_ratio': 0.8,
      'warmup.dip': 0.5,
      'warmup.dip.duration': 300,
      'warmup.time_to_90': 500,
    });
  });

  test('a second dip counts: recovered is only what stays so', () => {
    const metrics = judge([...before, 20, 80, 80, 80, 80, 20, 80, 80, 80]);
    expect(metrics['warmup.time_to_90']).toBe(700);
  });

  test('none at all took no time', () => {
    expect(judge([...before, ...times(8, 82)])).toMatchObject({
      'warmup.dip': 0.82,
      'warmup.dip.duration': 0,
      'warmup.time_to_90': 0,
    });
  });

  test('who has not recovered at the end has no time', () => {
    expect(judge([...before, 20, 20, 20, 20, 20])).not.toHaveProperty('warmup.time_to_90');
  });

  test('loads and latency are those between its begin and its end', () => {
    const course = [
      ...before.map((hits) => slot(hits, { ms: 3 })),
      ...times(4, 80).map((hits) => slot(hits, { ms: 30 })),
      ...times(4, 80).map((hits) => slot(hits, { ms: 300 })),
    ];
    const loads = [...times(6, 9), 1, 2, 3, 4, ...times(4, 9)];
    const metrics = rolloutMetrics({ slots: course, loads }, 6, 10);
    expect(metrics).toMatchObject({ 'warmup.origin.loads': 10, 'warmup.origin.peak': 40 });
    expect(metrics['warmup.latency.p99']).toBeCloseTo(30, 0);
    expect(metrics['warmup.steady.latency.p99']).toBeCloseTo(3, 1);
  });

  test('L1 has a dip of its own', () => {
    const nearly = [60, 60, 60, 60, 60, 60, 30, 30, 30, 60, 60, 60];
    const course = nearly.map((near) => slot(80, { near }));
    expect(rolloutMetrics({ slots: course, loads: noLoads(course) }, 6, 9)).toMatchObject({
      'warmup.dip': 0.8,
      'warmup.l1.dip': 0.3,
      'warmup.l1.time_to_90': 400,
    });
  });
});
