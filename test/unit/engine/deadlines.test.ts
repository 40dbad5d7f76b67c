import { expect, test } from 'vitest';
import { ManualClock, nextTurn } from '../../../src/base/clock.ts';
import { Deadlines } from '../../../src/engine/deadlines.ts';

const never = (): Promise<never> => new Promise(() => {});

function bed(): { clock: ManualClock; deadlines: Deadlines } {
  const clock = new ManualClock();
  return { clock, deadlines: new Deadlines(40, clock, () => new Error('late')) };
}

test('work that settles in time settles the same, and leaves nothing behind', async () => {
  const { clock, deadlines } = bed();
  await expect(deadlines.bound(Promise.resolve(1))).resolves.toBe(1);
  await expect(deadlines.bound(Promise.reject(new Error('no')))).rejects.toThrow('no');
  await clock.advance(100);
  await nextTurn();
  expect(clock.pendingTimers).toBe(0);
});

test('each call has its own deadline, though they share a timer', async () => {
  const { clock, deadlines } = bed();
  const missed: string[] = [];
  const watch = (name: string): void => void deadlines.bound(never()).catch(() => missed.push(name));
  watch('first');
  await clock.advance(20);
  watch('second');
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(19);
  expect(missed).toEqual([]);
  await clock.advance(1);
  await nextTurn();
  expect(missed).toEqual(['first']);
  await clock.advance(20);
  await nextTurn();
  expect(missed).toEqual(['first', 'second']);
  expect(clock.pendingTimers).toBe(0);
});

test('a late rejection is swallowed', async () => {
  const { clock, deadlines } = bed();
  let fail: (error: Error) => void = () => {};
  const work = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const bounded = deadlines.bound(work);
  bounded.catch(() => {});
  await clock.advance(40);
  await nextTurn();
  await expect(bounded).rejects.toThrow('late');
  fail(new Error('much later'));
  await nextTurn();
});

test('calls that settled do not hold up the ones behind them', async () => {
  const { clock, deadlines } = bed();
  let settle: () => void = () => {};
  void deadlines.bound(
    new Promise<void>((resolve) => {
      settle = resolve;
    }),
  );
  await clock.advance(10);
  const behind = deadlines.bound(never());
  behind.catch(() => {});
  settle();
  await clock.advance(40);
  await nextTurn();
  await expect(behind).rejects.toThrow('late');
});
