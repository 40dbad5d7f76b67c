import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { isCachectlError } from '../../../../src/base/errors.ts';
import { openChannel } from '../../../../src/engine/coherence/bus-channel.ts';
import { conclude } from '../../../../src/engine/coherence/channel.ts';
import { encodeMessage } from '../../../../src/engine/coherence/message.ts';
import { stampOf, trusts } from '../../../../src/engine/coherence/trust.ts';
import { FaultyBus } from './faulty-bus.ts';
import { BOUND_MS, instanceOn, keys, outcomeOf, started, type Instance } from './instances.ts';

let clock: ManualClock;
let bus: FaultyBus;
let a: Instance;
let b: Instance;
beforeEach(async () => {
  clock = new ManualClock();
  bus = new FaultyBus(clock);
  a = instanceOn(bus, { name: 'a' });
  b = instanceOn(bus, { name: 'b' });
  await started(clock, a, b);
});

const provenFor = ({ channel }: Instance): number => channel.trust.provenUntilMs - clock.nowMs();

describe('tidings', () => {
  test('are heard by the others and not by the sender', async () => {
    await a.channel.draft({ keys: ['x'], tags: ['t'], page: false }).publish();
    await clock.advance(0);
    expect(b.told).toEqual(['tidings x,t']);
    expect(a.told).toEqual([]);
  });

  test('that a tier published with its change are not published again', async () => {
    const draft = a.channel.draft(keys('x'));
    const { published } = a.end;
    const audience = await draft.notice.bus.publish(draft.notice.message);
    await conclude(draft, { audience });
    expect(a.end.published).toBe(published + 1);
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual(['tidings x']);
  });

  test('whose bus is elsewhere are published by the channel', async () => {
    await conclude(a.channel.draft(keys('x')), { audience: undefined });
    await clock.advance(0);
    expect(b.told).toEqual(['tidings x']);
  });

  test('are numbered as they are sent, so that drafts may overtake each other', async () => {
    const first = a.channel.draft(keys('first'));
    await a.channel.draft(keys('second')).publish();
    await first.publish();
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual(['tidings second', 'tidings first']);
  });

  test('on their way are not taken for lost when a heartbeat is faster', async () => {
    const draft = a.channel.draft(keys('x'));
    const { message } = draft.notice;
    await clock.advance(BOUND_MS);
    await draft.published(await a.end.publish(message));
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual(['tidings x']);
  });

  test('twice are applied twice; late they fill the gap that was told', async () => {
    bus.fate = (message) => (message?.kind === 'tidings' ? (message.number === 1 ? [20, 30] : [0]) : [0]);
    await a.channel.draft(keys('1')).publish();
    await a.channel.draft(keys('2')).publish();
    await clock.advance(50);
    expect(b.told[0]).toMatch(/^gap messages of a#/);
    expect(b.told.slice(1)).toEqual(['tidings 2', 'tidings 1', 'tidings 1']);
    await clock.advance(BOUND_MS);
    expect(b.told.length).toBe(4);
  });
});

describe('a gap', () => {
  test('is found by the next tidings', async () => {
    const stamp = stampOf(b.channel.trust, clock.nowMs());
    bus.fate = (message) => (message?.kind === 'tidings' && message.number === 1 ? [] : [0]);
    await a.channel.draft(keys('lost')).publish();
    await a.channel.draft(keys('heard')).publish();
    await clock.advance(0);
    expect(b.told).toEqual([expect.stringMatching(/^gap/), 'tidings heard']);
    expect(b.channel.trust.generation).toBe(stamp.generation + 1);
    expect(trusts(b.channel.trust, stamp, clock.nowMs()), 'younger than the bound').toBe(true);
    await clock.advance(BOUND_MS);
    expect(trusts(b.channel.trust, stamp, clock.nowMs())).toBe(false);
  });

  test('at the end is found by the next heartbeat', async () => {
    bus.fate = (message) => (message?.kind === 'tidings' ? [] : [0]);
    await a.channel.draft(keys('lost')).publish();
    await clock.advance(BOUND_MS / 4);
    expect(b.told).toEqual([expect.stringMatching(/^gap messages of a#/)]);
  });

  test('is what a failed draft leaves, found within milliseconds; the sender is not disturbed', async () => {
    a.channel.draft(keys('unknown')).failed();
    await clock.advance(5);
    expect(b.told).toEqual([expect.stringMatching(/^gap/)]);
    await clock.advance(BOUND_MS);
    expect(b.told.length).toBe(1);
    expect(a.told).toEqual([]);
  });

  test('many failures in a moment are told by one heartbeat', async () => {
    const { published } = a.end;
    for (let n = 0; n < 100; n++) a.channel.draft(keys('unknown')).failed();
    await clock.advance(5);
    expect(a.end.published - published).toBeLessThanOrEqual(2);
  });

  test('is what a message that nobody can read counts as', async () => {
    const { generation } = b.channel.trust;
    bus.publish(Buffer.from('garbage'));
    bus.publish(Buffer.from('[2,"bye","z",0]'));
    bus.publish(new Uint8Array());
    await clock.advance(0);
    expect(b.channel.trust.generation).toBe(generation + 3);
  });

  test('a source that is heard for the first time has one unless it has said nothing yet', async () => {
    const stranger = (from: string, last: number): void =>
      void bus.publish(encodeMessage({ kind: 'heartbeat', from, last, beat: 1 }));
    stranger('new#1', 0);
    await clock.advance(0);
    expect(b.told).toEqual([]);
    stranger('old#1', 5);
    await clock.advance(0);
    expect(b.told).toEqual(['gap messages of old#1 were missed']);
  });

  test('a newcomer learns at once what the others have said', async () => {
    await a.channel.draft(keys('x')).publish();
    const c = instanceOn(bus, { name: 'c' });
    const start = c.channel.start();
    await clock.advance(10);
    await start;
    expect(c.told.filter((line) => line.startsWith('gap messages of a#'))).toHaveLength(1);
    await clock.advance(BOUND_MS);
    expect(c.told.filter((line) => line.startsWith('gap messages of'))).toHaveLength(1);
    expect(b.told, 'and disturbs nobody').toEqual(['tidings x']);
  });

  test('another process of the same name is told, once, and its tidings are heard', async () => {
    const twin = instanceOn(bus, { name: 'b' });
    await started(clock, twin);
    await twin.channel.draft(keys('x')).publish();
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual(['gap another process has the name of this instance', 'tidings x']);
  });

  test('a source that left is a stranger', async () => {
    await a.channel.draft(keys('x')).publish();
    await a.channel.close();
    await clock.advance(10 * BOUND_MS);
    expect(b.told, 'leaving is no gap').toEqual(['tidings x']);
  });
});

describe('the proof', () => {
  test('is renewed by the own heartbeats, four a bound, and dated by their sending', async () => {
    bus.fate = () => [100];
    await clock.advance(BOUND_MS);
    let shortest = Infinity;
    for (let n = 0; n < 500; n++) {
      await clock.advance(10);
      shortest = Math.min(shortest, provenFor(b));
      expect(provenFor(b)).toBeLessThanOrEqual(BOUND_MS - 100);
    }
    expect(shortest).toBeGreaterThan(BOUND_MS - 100 - BOUND_MS / 4 - 10);
    expect(b.told).toEqual([]);
  });

  test('heartbeats of others prove nothing: who hears all but itself is lost', async () => {
    bus.fate = (message, to) => (to === b.end && message?.from.startsWith('b#') === true ? [] : [0]);
    await clock.advance(BOUND_MS + 1);
    expect(provenFor(b)).toBeLessThanOrEqual(0);
    expect(b.told).toEqual(['lost']);
  });

  test('ends within the bound when nothing is heard, and comes back after a gap', async () => {
    const { generation } = b.channel.trust;
    const cutMs = clock.nowMs();
    b.end.deaf = true;
    await clock.advance(10 * BOUND_MS);
    expect(b.channel.trust.provenUntilMs).toBeLessThanOrEqual(cutMs + BOUND_MS);
    expect(b.told).toEqual(['lost']);
    b.end.deaf = false;
    await clock.advance(BOUND_MS / 4);
    expect(b.told).toEqual(['lost', 'gap the channel was lost', 'proven']);
    expect(b.channel.trust.generation).toBeGreaterThan(generation);
    expect(provenFor(b)).toBeGreaterThan(0);
    expect(a.told, 'the others never noticed').toEqual([]);
  });

  test('an own beat that is skipped is a gap, though the channel stays proven', async () => {
    let lost = 0;
    bus.fate = (message, to) =>
      to === b.end && message?.kind === 'heartbeat' && message.from.startsWith('b#') && lost++ === 0
        ? []
        : [0];
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual(['gap a heartbeat did not come back']);
  });

  test('an own beat that the bus refused is not missed', async () => {
    b.end.mute = true;
    await clock.advance(BOUND_MS / 2);
    b.end.mute = false;
    await clock.advance(BOUND_MS);
    expect(b.told).toEqual([]);
  });

  test('the generation changes before the channel is proven again', async () => {
    b.end.deaf = true;
    await clock.advance(2 * BOUND_MS);
    const stamp = stampOf(b.channel.trust, clock.nowMs() - BOUND_MS);
    b.end.deaf = false;
    for (let n = 0; n < 500; n++) {
      await clock.advance(1);
      expect(trusts(b.channel.trust, stamp, clock.nowMs())).toBe(false);
    }
    expect(provenFor(b)).toBeGreaterThan(0);
  });

  test('an event loop that stood still: nothing is trusted before the backlog is heard and a new beat came back', async () => {
    b.end.stalled = true;
    const { generation } = b.channel.trust;
    await clock.advance(1);
    bus.fate = (message) => (message?.kind === 'heartbeat' && message.from.startsWith('b#') ? [500] : [0]);
    await a.channel.draft(keys('x')).publish();
    await clock.advance(3 * BOUND_MS);
    expect(provenFor(b)).toBeLessThanOrEqual(0);
    b.end.resume();
    expect(b.told).toContain('tidings x');
    await clock.advance(2 * BOUND_MS);
    expect(b.channel.trust.generation).toBeGreaterThan(generation);
    expect(provenFor(b)).toBeGreaterThan(0);
  });

  test('ends at once when the bus is down; after `up` it takes a beat sent since', async () => {
    const { generation } = b.channel.trust;
    b.end.set('down');
    expect(b.channel.trust.provenUntilMs).toBe(-Infinity);
    expect(b.told).toEqual(['lost']);
    await clock.advance(3 * BOUND_MS);
    expect(b.channel.trust.provenUntilMs).toBe(-Infinity);
    b.end.set('up');
    expect(b.channel.trust.generation).toBe(generation + 1);
    expect(b.channel.trust.provenUntilMs).toBe(-Infinity);
    await clock.advance(1);
    expect(b.told).toEqual(['lost', 'gap the bus was down', 'gap the channel was lost', 'proven']);
    expect(provenFor(b)).toBeGreaterThan(BOUND_MS - 5);
  });

  test('a beat from before the bus went down proves nothing after it', async () => {
    bus.fate = (message) => (message?.kind === 'heartbeat' ? [240] : []);
    await clock.advance(BOUND_MS);
    b.end.set('down');
    b.end.connection--; // what was under way arrives late instead of never
    b.end.set('up');
    b.end.connection--;
    bus.fate = () => [];
    await clock.advance(BOUND_MS);
    expect(b.channel.trust.provenUntilMs).toBe(-Infinity);
  });

  test('who hears nothing leaves the audience within two bounds, though it goes on publishing', async () => {
    b.end.deaf = true;
    await clock.advance(2 * BOUND_MS);
    expect(bus.audience().map(({ member }) => member.split('#')[0])).toEqual(['a']);
    expect(b.end.published).toBeGreaterThan(8);
  });

  test('what the server says of keys is passed on', () => {
    for (const listener of b.end.listeners) {
      listener.onServerChange?.([Buffer.from('ns:ä'), Buffer.from('k')]);
      listener.onServerChange?.(undefined);
    }
    expect(b.told).toEqual(['server ns:ä,k', 'server all']);
  });
});

describe('a bus that takes nothing', () => {
  test('bounded: resolves, keeps what changed, and tells it when the bus is back', async () => {
    a.end.set('down');
    await a.channel.draft(keys('x')).publish();
    await a.channel.draft(keys('y', 'x')).publish();
    await clock.advance(5 * BOUND_MS);
    expect(b.told).toEqual([]);
    a.end.set('up');
    await clock.advance(1);
    expect(b.told).toEqual([expect.stringMatching(/^gap/), 'tidings x,y']);
    await clock.advance(BOUND_MS);
    expect(b.told.length).toBe(2);
  });

  test('that refuses without being down gets it with the next heartbeat', async () => {
    a.end.mute = true;
    await a.channel.draft(keys('x')).publish();
    a.end.mute = false;
    await clock.advance(BOUND_MS / 4);
    expect(b.told).toContain('tidings x');
  });

  test('too much is told as everything, and makes a gap', async () => {
    a.end.mute = true;
    const { generation } = b.channel.trust;
    await a.channel.draft(keys(...Array.from({ length: 10_001 }, (_, n) => `k${n}`))).publish();
    a.end.mute = false;
    await clock.advance(BOUND_MS / 4);
    expect(b.told).toContain('tidings all');
    expect(b.channel.trust.generation).toBeGreaterThan(generation);
  });

  test.each(['partition-safe', 'strict'] as const)('%s: rejects, and tells it later', async (level) => {
    const c = instanceOn(bus, { level });
    await started(clock, c);
    a.told.length = 0;
    c.end.mute = true;
    await expect(c.channel.draft(keys('x')).publish()).rejects.toSatisfy((error) =>
      isCachectlError(error, 'SERVER_UNREACHABLE'),
    );
    c.end.mute = false;
    await clock.advance(BOUND_MS / 4);
    expect(a.told).toContain('tidings x');
  });
});

describe('partition-safe', () => {
  test('a source that falls silent is a gap, once: its last words may be lost with it', async () => {
    const c = instanceOn(bus, { level: 'partition-safe' });
    await started(clock, c);
    const lastMs = clock.nowMs();
    a.end.mute = true;
    await clock.advance(BOUND_MS);
    expect(c.told).toEqual([expect.stringMatching(/^gap a#\w+ fell silent$/)]);
    expect(clock.nowMs() - lastMs).toBe(BOUND_MS);
    await clock.advance(20 * BOUND_MS);
    expect(c.told.length).toBe(1);
    expect(b.told, 'other levels do not mind').toEqual([]);
  });

  test('a source that left is not silent', async () => {
    const c = instanceOn(bus, { level: 'partition-safe' });
    await started(clock, c);
    await a.channel.close();
    await clock.advance(20 * BOUND_MS);
    expect(c.told).toEqual([]);
  });
});

describe('everything', () => {
  test('is a gap though no number is missing', async () => {
    const { generation } = b.channel.trust;
    const tidings = { keys: [], tags: [], page: true, all: true as const };
    bus.publish(encodeMessage({ kind: 'tidings', from: 'new#1', number: 1, ask: false, tidings }));
    await clock.advance(0);
    expect(b.told).toEqual(['gap new#1 could not name all that changed', 'tidings all']);
    expect(b.channel.trust.generation).toBe(generation + 1);
  });
});

describe('start and close', () => {
  test('start resolves when the first own beat came back, in a generation of its own', async () => {
    bus.fate = () => [30];
    const c = instanceOn(bus);
    const start = outcomeOf(c.channel.start());
    await clock.advance(59);
    expect(start.state).toBe('pending');
    expect(c.channel.trust.provenUntilMs).toBe(-Infinity);
    await clock.advance(1);
    expect(start.state).toBe('resolved');
    expect(provenFor(c)).toBe(BOUND_MS - 30);
    expect(c.channel.trust.generation).toBeGreaterThan(0);
    expect(c.told.filter((line) => !line.startsWith('gap'))).toEqual(['proven']);
  });

  test('start resolves though the bus is down, and goes on trying', async () => {
    const c = instanceOn(bus);
    c.end.set('down');
    const start = outcomeOf(c.channel.start());
    await clock.advance(1);
    expect(start.state).toBe('resolved');
    expect(c.told).toEqual(['lost']);
    await clock.advance(5 * BOUND_MS);
    expect(c.channel.trust.provenUntilMs).toBe(-Infinity);
    c.end.set('up');
    await clock.advance(BOUND_MS);
    expect(c.told.at(-1)).toBe('proven');
    expect(c.end.listeners.size).toBe(1);
  });

  test('start resolves within the bound when nothing comes back', async () => {
    const c = instanceOn(bus);
    c.end.deaf = true;
    const start = outcomeOf(c.channel.start());
    await clock.advance(BOUND_MS);
    expect(start.state).toBe('resolved');
    expect(c.told.at(-1)).toBe('lost');
  });

  test('close leaves the audience, and nothing behind', async () => {
    await a.channel.close();
    await a.channel.close();
    expect(bus.audience().map(({ member }) => member.split('#')[0])).toEqual(['b']);
    expect(a.end.listeners.size).toBe(0);
    await b.channel.close();
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
    expect(trusts(a.channel.trust, stampOf(a.channel.trust, clock.nowMs() - BOUND_MS), clock.nowMs())).toBe(
      false,
    );
    await expect(a.channel.draft(keys('x')).publish()).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
  });

  test('close sends what waits, and settles though the bus is down', async () => {
    a.end.mute = true;
    await a.channel.draft(keys('x')).publish();
    a.end.mute = false;
    await a.channel.close();
    await clock.advance(0);
    expect(b.told).toContain('tidings x');
    b.end.set('down');
    await b.channel.close();
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a thousand times down and up, nothing grows', async () => {
    const timers = clock.pendingTimers;
    for (let n = 0; n < 1000; n++) {
      a.end.set('down');
      await a.channel.draft(keys('x')).publish();
      a.channel.draft(keys('y')).failed();
      a.end.set('up');
      await clock.advance(n % 10 === 0 ? BOUND_MS / 4 : 0);
    }
    await clock.advance(BOUND_MS);
    expect(clock.pendingTimers).toBeLessThanOrEqual(timers);
    expect(a.end.listeners.size).toBe(1);
    expect(provenFor(a)).toBeGreaterThan(0);
    await Promise.all([a.channel.close(), b.channel.close()]);
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([0, 9, Infinity, Number.NaN])('a bound of %s ms cannot be kept', (boundMs) => {
    const listener = { onTidings() {}, onServerChange() {}, onGap() {}, onState() {} };
    const open = () => openChannel({ bus: a.end, level: 'bounded', boundMs, instance: 'x', clock, listener });
    expect(open).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
  });
});
