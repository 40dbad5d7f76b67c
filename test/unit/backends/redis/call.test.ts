import { describe, expect, test } from 'vitest';
import { Call, CallDeadlines } from '../../../../src/backends/redis/call.ts';
import { type Clock, ManualClock } from '../../../../src/base/clock.ts';

const DEADLINE_MS = 100;

function underTest(): { clock: ManualClock; send: (name: string) => Call; missed: string[] } {
  const clock = new ManualClock();
  const missed: string[] = [];
  const deadlines = new CallDeadlines(DEADLINE_MS, clock, (call) => {
    missed.push(call.name);
    call.reject(new Error('late'));
  });
  const send = (name: string): Call => {
    const call = new Call(name, [], clock.nowMs(), 0, () => new Error('mapped'));
    call.promise.catch(() => {});
    deadlines.add(call);
    return call;
  };
  return { clock, send, missed };
}

describe('CallDeadlines', () => {
  test('each call has its own deadline', async () => {
    const { clock, send, missed } = underTest();
    send('a');
    await clock.advance(60);
    send('b');
    await clock.advance(39);
    expect(missed).toEqual([]);
    await clock.advance(1);
    expect(missed).toEqual(['a']);
    await clock.advance(59);
    expect(missed).toEqual(['a']);
    await clock.advance(1);
    expect(missed).toEqual(['a', 'b']);
  });

  test('an answered call is not missed, whatever hangs before or after it', async () => {
    const { clock, send, missed } = underTest();
    send('first');
    send('second').resolve(null);
    send('third');
    await clock.advance(DEADLINE_MS);
    expect(missed).toEqual(['first', 'third']);
  });

  test('one timer serves all calls, and none is left when all are settled', async () => {
    const { clock, send } = underTest();
    const calls = Array.from({ length: 1000 }, (_, i) => send(String(i)));
    expect(clock.pendingTimers).toBe(1);
    for (const call of calls) call.resolve(null);
    await clock.advance(DEADLINE_MS);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a reply that waits in the socket while this process is busy counts as in time', async () => {
    const clock = new ManualClock();
    const missed: string[] = [];
    const call = new Call('a', [], 0, 0, () => new Error('mapped'));
    const socketIsReadAfterTimers: Clock = {
      wallMs: () => clock.wallMs(),
      nowMs: () => clock.nowMs(),
      setTimer: (callback, ms) =>
        clock.setTimer(() => {
          callback();
          call.resolve(null);
        }, ms),
    };
    new CallDeadlines(DEADLINE_MS, socketIsReadAfterTimers, ({ name }) => missed.push(name)).add(call);
    await clock.advance(DEADLINE_MS);
    expect(missed).toEqual([]);
  });
});

test('every error of a call passes through its own mapping', async () => {
  const call = new Call('get', ['key'], 0, 0, () => new Error('mapped'));
  call.reject(new Error('raw'));
  await expect(call.promise).rejects.toThrow('mapped');
});
