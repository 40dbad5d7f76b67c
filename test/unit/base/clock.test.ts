import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock, systemClock } from '../../../src/base/clock.ts';

describe('manual clock', () => {
  test('stands still until it is moved', async () => {
    const clock = new ManualClock(1000);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 1000]);
    await clock.advance(2.5);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([2.5, 1002.5]);
  });

  test('fires timers in the order of their due times, those set first before others, each at its time', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name}@${clock.nowMs()}`);
    clock.setTimer(note('late'), 20);
    clock.setTimer(note('first'), 10);
    clock.setTimer(note('second'), 10);
    clock.setTimer(note('beyond'), 31);
    clock.setTimer(note('past'), -5);
    await clock.advance(30);
    expect(fired).toEqual(['past@0', 'first@10', 'second@10', 'late@20']);
    expect(clock.pendingTimers).toBe(1);
  });

  test('a timer set by a timer, or by a promise it settled, fires in the same advance when due', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.setTimer(() => {
      void Promise.resolve().then(() => clock.setTimer(() => fired.push(clock.nowMs()), 5));
    }, 5);
    await clock.advance(10);
    expect(fired).toEqual([10]);
  });

  test('a cancelled timer does not fire', async () => {
    const clock = new ManualClock();
    let fired = false;
    const cancel = clock.setTimer(() => (fired = true), 5);
    cancel();
    cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('system clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('tells time', () => {
    expect(systemClock.nowMs()).toBeLessThanOrEqual(systemClock.nowMs());
    expect(systemClock.wallMs()).toBeGreaterThan(1.6e12);
  });

  test('keeps delays that are longer than setTimeout can take', () => {
    let fired = 0;
    const days = 40 * 86_400_000;
    systemClock.setTimer(() => fired++, days);
    vi.advanceTimersByTime(days - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  test('never fires after an infinite delay, and such a timer can be cancelled', () => {
    let fired = 0;
    const cancel = systemClock.setTimer(() => fired++, Infinity);
    vi.advanceTimersByTime(2 ** 33);
    expect(fired).toBe(0);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('cancels', () => {
    let fired = 0;
    const cancel = systemClock.setTimer(() => fired++, 5, { background: true });
    cancel();
    cancel();
    vi.advanceTimersByTime(10);
    expect(fired).toBe(0);
  });
});
