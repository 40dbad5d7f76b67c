import { beforeEach, describe, expect, test } from 'vitest';
import type { Audience } from '../../../../src/backends/bus.ts';
import { ManualClock } from '../../../../src/base/clock.ts';
import { isCachectlError } from '../../../../src/base/errors.ts';
import { FaultyBus, type Fate } from './faulty-bus.ts';
import { BOUND_MS, instanceOn, keys, outcomeOf, started, type Instance } from './instances.ts';

let clock: ManualClock;
let bus: FaultyBus;
let a: Instance;
let b: Instance;
let c: Instance;
beforeEach(async () => {
  clock = new ManualClock();
  bus = new FaultyBus(clock);
  [a, b, c] = ['a', 'b', 'c'].map((name) => instanceOn(bus, { level: 'strict', name })) as [
    Instance,
    Instance,
    Instance,
  ];
  await started(clock, a, b, c);
});

const publish = (key = 'x') => outcomeOf(a.channel.draft(keys(key)).publish());
const remaining = (of: Instance): number =>
  bus.audience().find(({ member }) => member.startsWith(`${of.name}#`))?.forMs ?? 0;
/** Loses tidings on their way to `to`, as long as `lose` says so. */
const losing =
  (to: Instance, lose: () => boolean): Fate =>
  (message, end) =>
    message?.kind === 'tidings' && end === to.end && lose() ? [] : [0];

describe('strict', () => {
  test('resolves when everybody has applied it, and not before', async () => {
    bus.fate = (message, to) => [message?.kind === 'acknowledge' ? 7 : to === c.end ? 50 : 10];
    const outcome = publish();
    await clock.advance(56);
    expect(outcome.state).toBe('pending');
    expect([b.told, c.told]).toEqual([['tidings x'], ['tidings x']]);
    await clock.advance(1);
    expect(outcome.state).toBe('resolved');
  });

  test('an acknowledgement may come before the answer to the publisher', async () => {
    const draft = a.channel.draft(keys('x'));
    const audience = await draft.notice.bus.publish(draft.notice.message);
    await clock.advance(20);
    const outcome = outcomeOf(draft.published(audience));
    await clock.advance(0);
    expect(outcome.state).toBe('resolved');
  });

  test('what is applied in one turn is acknowledged with one message', async () => {
    const { published } = b.end;
    const outcomes = ['x', 'y', 'z'].map(publish);
    await clock.advance(0);
    // All three arrive in one turn of the event loop only when they are delivered together.
    b.end.stalled = true;
    const more = ['u', 'v', 'w'].map(publish);
    await clock.advance(0);
    const before = b.end.published;
    b.end.resume();
    await clock.advance(0);
    expect(b.end.published - before).toBe(1);
    expect(before - published).toBeLessThanOrEqual(3);
    expect([...outcomes, ...more].map(({ state }) => state)).toEqual(Array(6).fill('resolved'));
  });

  test('a member that died is waited for as long as its memory may be used, and five percent', async () => {
    b.end.mute = true;
    b.end.deaf = true;
    const forMs = remaining(b);
    const outcome = publish();
    await clock.advance(forMs * 1.05 - 0.01);
    expect(outcome.state).toBe('pending');
    await clock.advance(0.02);
    expect(outcome.state).toBe('resolved');
  });

  test('the time that is left counts from the answer', async () => {
    const draft = a.channel.draft(keys('x'));
    b.end.mute = true;
    b.end.deaf = true;
    const audience: Audience = await draft.notice.bus.publish(draft.notice.message);
    const forMs = remaining(b);
    await clock.advance(100);
    const outcome = outcomeOf(draft.published(audience));
    await clock.advance(forMs * 1.05 - 0.01);
    expect(outcome.state).toBe('pending');
    await clock.advance(0.02);
    expect(outcome.state).toBe('resolved');
  });

  test('a message that one member lost is sent again before its time counts as over', async () => {
    let lost = 0;
    bus.fate = losing(b, () => lost++ === 0);
    const outcome = publish();
    while (outcome.state === 'pending') await clock.advance(1);
    expect(outcome.state).toBe('resolved');
    expect(b.told.filter((line) => line === 'tidings x')).toHaveLength(1);
    expect(c.told, 'applied again, harmlessly').toEqual(['tidings x', 'tidings x']);
  });

  test('rejects in the end when somebody lives on and never acknowledges', async () => {
    bus.fate = losing(b, () => true);
    const outcome = publish();
    await clock.advance(5 * BOUND_MS);
    expect(outcome.state).toBe('rejected');
    expect(isCachectlError(outcome.error, 'DEADLINE_EXCEEDED')).toBe(true);
    expect(String(outcome.error)).toMatch(/b#/);
  });

  test('who publishes and hears nothing holds nobody up for more than two bounds', async () => {
    b.end.deaf = true;
    const outcome = publish();
    await clock.advance(2.1 * BOUND_MS);
    expect(outcome.state).toBe('resolved');
    await clock.advance(BOUND_MS);
    const next = publish();
    await clock.advance(0);
    expect(next.state, 'and nobody at all later').toBe('resolved');
  });

  test('a twin of the same name answers for itself', async () => {
    const twin = instanceOn(bus, { level: 'strict', name: 'b' });
    await started(clock, twin);
    twin.end.stalled = true;
    const outcome = publish();
    await clock.advance(5);
    expect(outcome.state).toBe('pending');
    twin.end.resume();
    await clock.advance(0);
    expect(outcome.state).toBe('resolved');
  });

  test('nobody is waited for who has left', async () => {
    await Promise.all([b.channel.close(), c.channel.close()]);
    const outcome = publish();
    await clock.advance(0);
    expect(outcome.state).toBe('resolved');
  });

  test('rejects when the bus fails before all have acknowledged', async () => {
    bus.fate = losing(b, () => true);
    const outcome = publish();
    await clock.advance(0);
    a.end.mute = true;
    await clock.advance(1.1 * BOUND_MS);
    expect(isCachectlError(outcome.error, 'SERVER_UNREACHABLE')).toBe(true);
  });

  test('close rejects who waits, and leaves no timer', async () => {
    bus.fate = losing(b, () => true);
    const outcome = publish();
    await clock.advance(0);
    await Promise.all([a, b, c].map(({ channel }) => channel.close()));
    await clock.advance(0);
    expect(isCachectlError(outcome.error, 'CLOSED')).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a gap ends the trust in all that was learnt before it, however young', async () => {
    const { trust } = b.channel;
    expect(trust.boundMs).toBe(0);
    const { generation } = trust;
    a.channel.draft(keys('x')).failed();
    await clock.advance(5);
    expect(trust.generation).toBe(generation + 1);
  });
});
