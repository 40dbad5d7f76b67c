import { describe, expect, test } from 'vitest';
import { HitWindows } from '../../../src/bench/hit-windows.ts';

/** Ten windows of ten requests, with so many hits each. */
function windowsWith(...hits: readonly number[]): HitWindows {
  const windows = new HitWindows(100, 10);
  for (const [window, hit] of hits.entries()) {
    for (let i = 0; i < 10; i++) windows.note(window * 10 + i, i < hit);
  }
  return windows;
}

describe('the hit ratio around a shift', () => {
  test('falls, and is regained when a window is as before', () => {
    const figures = windowsWith(0, 8, 8, 8, 8, 2, 1, 5, 8, 8).around(5, 1);
    expect(figures).toEqual({ before: 0.8, lowest: 0.1, regain: 40 });
  });

  test('may never be regained', () => {
    const figures = windowsWith(8, 8, 8, 8, 8, 2, 3, 5, 6, 7).around(5, 0);
    expect(figures).toEqual({ before: 0.8, lowest: 0.2, regain: undefined });
  });

  test('windows in which nothing was read tell nothing', () => {
    expect(windowsWith(8, 8).around(5, 0)).toEqual({ before: 0.8, lowest: undefined, regain: undefined });
    expect(windowsWith().around(5, 0).before).toBeUndefined();
  });
});

test('what is beyond the last window is not counted', () => {
  const windows = windowsWith(5, 5);
  windows.note(100, true);
  expect(windows.ratio(0, 10)).toBe(0.5);
});
