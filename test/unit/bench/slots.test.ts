import { describe, expect, test } from 'vitest';
import { loadsBySlot, mergeSlots, p99Of, type Slot, SlotLog } from '../../../src/bench/slots.ts';
import { Recording } from '../../../src/bench/recording.ts';

const counted = (slots: readonly Slot[]): readonly (readonly number[])[] =>
  slots.map(({ reads, hits, near, latencies }) => [reads, hits, near, latencies.length]);

describe('a log of slots', () => {
  test('an operation is in the slot in which it ended, and a slot without any is there', () => {
    const log = new SlotLog(1000, () => 0);
    log.done(1000, 1001, 'miss');
    log.done(1090, 1099.9, 'hit');
    log.done(1050, 1300, 'hit');
    log.done(1310, 1320, 'written');
    expect(counted(log.finish())).toEqual([
      [2, 1, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [1, 1, 0, 1],
    ]);
  });

  test('reads of the tier in the process are those since the slot before, without those of a warm-up', () => {
    let near = 500;
    const log = new SlotLog(0, () => near);
    near = 700;
    log.done(0, 10, 'hit');
    near = 703;
    log.done(100, 110, 'hit');
    near = 710;
    expect(counted(log.finish()).map(([, , of]) => of)).toEqual([3, 7]);
  });

  test('it follows a recording, which tells it nothing of the warm-up and of failures', () => {
    const log = new SlotLog(1000, () => 0);
    const recording = new Recording(1000, 'closed', log);
    recording.done('get', 900, 900, 1010, 'hit');
    recording.done('get', 1020, 1020, 1030, 'hit');
    recording.failed(1040, 1050, new Error('gone'));
    expect(counted(log.finish())).toEqual([[1, 1, 0, 1]]);
    recording.finish(1100);
  });

  test('one that begins later than the others has empty slots until then', () => {
    const log = new SlotLog(0, () => 0);
    log.done(250, 260, 'miss');
    expect(counted(log.finish()).map(([reads]) => reads)).toEqual([0, 0, 1]);
  });
});

test('slots of several processes are added up, in so many slots', () => {
  const a = { reads: 2, hits: 1, near: 1, latencies: ['x'] };
  const b = { reads: 3, hits: 3, near: 0, latencies: ['y'] };
  expect(mergeSlots([[a, a, a], [b]], 2)).toEqual([
    { reads: 5, hits: 4, near: 1, latencies: ['x', 'y'] },
    { reads: 2, hits: 1, near: 1, latencies: ['x'] },
  ]);
  expect(counted(mergeSlots([[a]], 3))).toEqual([
    [2, 1, 1, 1],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('the percentile is that of all operations, not of the slots', () => {
  const log = new SlotLog(0, () => 0);
  for (let i = 0; i < 98; i++) log.done(0, 1, 'hit');
  log.done(100, 150, 'hit');
  log.done(100, 180, 'hit');
  const slots = log.finish();
  expect(p99Of(slots)).toBeCloseTo(50, 0);
  expect(p99Of(slots.slice(0, 1))).toBeCloseTo(1, 1);
  expect(p99Of([])).toBeUndefined();
});

test('loads are in the slot in which they began, in all processes; others are left out', () => {
  const log = (...startsMs: readonly number[]): { startsMs: Float64Array; endsMs: Float64Array } => ({
    startsMs: Float64Array.from(startsMs),
    endsMs: Float64Array.from(startsMs),
  });
  expect(loadsBySlot([log(999, 1000, 1099.9, 1250), log(1250, 1300)], 1000, 3)).toEqual([2, 0, 2]);
});
