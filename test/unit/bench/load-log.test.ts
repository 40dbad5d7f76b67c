import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadLog, peakConcurrency } from '../../../src/bench/load-log.ts';

type Interval = readonly [start: number, end: number];

const times = (...intervals: readonly Interval[]): Parameters<typeof peakConcurrency>[0][number] => ({
  startsMs: Float64Array.from(intervals.map(([start]) => start)),
  endsMs: Float64Array.from(intervals.map(([, end]) => end)),
});

test.each<readonly [string, readonly Interval[], number]>([
  ['none', [], 0],
  ['one', [[1, 2]], 1],
  [
    'one after the other',
    [
      [1, 2],
      [2, 3],
    ],
    1,
  ],
  [
    'all at once',
    [
      [1, 5],
      [2, 5],
      [3, 5],
    ],
    3,
  ],
  [
    'one within another',
    [
      [1, 9],
      [2, 3],
      [4, 5],
    ],
    2,
  ],
])('%s', (_what, intervals, peak) => {
  expect(peakConcurrency([times(...intervals)])).toBe(peak);
});

test('it is the same however the loads are spread over processes, and as counted by hand', () => {
  const interval = fc
    .tuple(fc.nat({ max: 50 }), fc.integer({ min: 1, max: 20 }))
    .map(([start, length]): Interval => [start, start + length]);
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 40 }), (intervals) => {
      const byHand = Math.max(
        0,
        ...intervals.map(([at]) => intervals.filter(([start, end]) => start <= at && at < end).length),
      );
      const spread = [0, 1, 2].map((part) => times(...intervals.filter((_, i) => i % 3 === part)));
      expect(peakConcurrency([times(...intervals)])).toBe(byHand);
      expect(peakConcurrency(spread)).toBe(byHand);
    }),
  );
});

test('a load that fails is noted, too', async () => {
  const log = new LoadLog();
  await expect(log.note(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await log.note(async () => 1);
  const { startsMs, endsMs } = log.times();
  expect(log.count).toBe(2);
  expect([...endsMs].every((end, i) => end >= (startsMs[i] ?? Infinity))).toBe(true);
});
