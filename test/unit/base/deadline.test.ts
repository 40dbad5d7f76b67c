import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { delay, settleWithin } from '../../../src/base/deadline.ts';
import { messageOf } from '../../../src/base/errors.ts';

const late = (): Error => new Error('late');

describe('delay', () => {
  test('waits', async () => {
    const clock = new ManualClock();
    let done = false;
    const waiting = delay(clock, 10).then(() => (done = true));
    await clock.advance(9);
    expect(done).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(done).toBe(true);
  });

  test('rejects with the reason of a signal that aborts, and leaves no timer', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 10, abort.signal);
    abort.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    expect(clock.pendingTimers).toBe(0);
  });

  test('rejects at once when the signal has aborted before', async () => {
    const clock = new ManualClock();
    await expect(delay(clock, 10, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(clock.pendingTimers).toBe(0);
  });

  test('an abort after the end changes nothing', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 10, abort.signal);
    await clock.advance(10);
    abort.abort(new Error('stop'));
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe('settleWithin', () => {
  test('gives what the work gives, and leaves no timer', async () => {
    const clock = new ManualClock();
    await expect(settleWithin(Promise.resolve(7), 10, late, clock)).resolves.toBe(7);
    await expect(settleWithin(Promise.reject(new Error('no')), 10, late, clock)).rejects.toThrow('no');
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('rejects after the time, and swallows what comes later', async () => {
    const clock = new ManualClock();
    const work = delay(clock, 20).then(() => Promise.reject(new Error('too late')));
    const outcome = settleWithin(work, 10, late, clock).catch(messageOf);
    await clock.advance(10);
    expect(await outcome).toBe('late');
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    await clock.advance(20);
    await clock.advance(0);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
