import { describe, expect, test } from 'vitest';
import { faultLedger } from '../../../src/backends/fault-ledger.ts';
import { type FaultTier, faultTier } from '../../../src/backends/fault-tier.ts';
import type { Ledger } from '../../../src/backends/ledger.ts';
import { openMemory } from '../../../src/backends/memory/open.ts';
import type { Tier } from '../../../src/backends/tier.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';

const DEADLINE_MS = 1000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Stage {
  readonly clock: ManualClock;
  readonly bare: Tier;
  readonly tier: FaultTier;
  /** What the store was called with, in its order. */
  readonly reached: string[];
}

function stage(): Stage {
  const clock = new ManualClock();
  const bare = openMemory({ clock }).tier;
  const reached: string[] = [];
  const spied: Tier = {
    ...bare,
    name: bare.name,
    capabilities: bare.capabilities,
    get: (key, options) => bare.get(key, options),
    set: (key, value, ttlMs) => {
      reached.push(`set ${String(key)} ${new TextDecoder().decode(value)}`);
      return bare.set(key, value, ttlMs);
    },
    delete: (key) => {
      reached.push(`delete ${String(key)}`);
      return bare.delete(key);
    },
  };
  const tier = faultTier(spied, { clock, random: seededRandom(1), deadlineMs: DEADLINE_MS });
  return { clock, bare, tier, reached };
}

/** What became of a call, as it stands. */
function watch<T>(call: Promise<T>): { outcome: string } {
  const watched = { outcome: 'pending' };
  call.then(
    () => (watched.outcome = 'done'),
    (error: unknown) => (watched.outcome = (error as { code: string }).code),
  );
  return watched;
}

describe('a tier with faults', () => {
  test('without any is the tier itself', async () => {
    const { tier, bare } = stage();
    await tier.set('a', bytes('1'));
    expect((await bare.get('a'))?.value).toEqual(bytes('1'));
    expect(tier.name).toBe('l1');
  });

  test('delays the way there and the way back', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ delayMs: 10 });
    const call = watch(tier.set('a', bytes('1')));
    await clock.advance(9);
    expect(reached).toEqual([]);
    await clock.advance(1);
    expect(reached).toHaveLength(1);
    expect(call.outcome).toBe('pending');
    await clock.advance(10);
    expect(call.outcome).toBe('done');
  });

  test('lets calls overtake each other by jitter', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ jitterMs: 100 });
    const sent = Array.from({ length: 20 }, (_, i) => `set a ${i}`);
    for (let i = 0; i < 20; i++) void tier.set('a', bytes(String(i)));
    await clock.advance(200);
    expect(reached).not.toEqual(sent);
    expect(reached.toSorted()).toEqual(sent.toSorted());
  });

  test('fails by rate without applying', async () => {
    const { tier, reached } = stage();
    tier.line.inject({ errorRate: 0.5 });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => tier.set('a', bytes('1'))));
    const failed = outcomes.filter(({ status }) => status === 'rejected').length;
    expect(failed).toBeGreaterThan(60);
    expect(failed).toBeLessThan(140);
    expect(reached).toHaveLength(200 - failed);
  });

  test('applies and answers with an error', async () => {
    const { tier, bare } = stage();
    tier.line.inject({ lostAnswerRate: 1 });
    await expect(tier.set('a', bytes('1'))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(await bare.get('a')).toBeDefined();
  });

  test('down: fails at once, and what is under way is lost', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ delayMs: 10 });
    const before = watch(tier.set('a', bytes('1')));
    await clock.advance(5);
    tier.line.inject({ state: 'down' });
    await expect(tier.get('a')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    tier.line.heal();
    await clock.advance(20);
    expect(before.outcome).toBe('SERVER_UNREACHABLE');
    expect(reached).toEqual([]);
  });

  test('hung: rejects at the deadline; when it wakes, what it was sent comes first, in order', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ state: 'hung' });
    const first = watch(tier.set('a', bytes('1')));
    const second = watch(tier.delete('a'));
    await clock.advance(DEADLINE_MS - 1);
    expect(first.outcome).toBe('pending');
    await clock.advance(1);
    expect([first.outcome, second.outcome]).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    expect(reached).toEqual([]);
    tier.line.heal();
    await tier.set('a', bytes('2'));
    expect(reached).toEqual(['set a 1', 'delete a', 'set a 2']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('hung, then killed: what it was sent never happens', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ state: 'hung' });
    const call = watch(tier.set('a', bytes('1')));
    await clock.advance(10);
    tier.line.inject({ state: 'down' });
    await clock.advance(0);
    expect(call.outcome).toBe('SERVER_UNREACHABLE');
    tier.line.heal();
    await clock.advance(DEADLINE_MS);
    expect(reached).toEqual([]);
  });

  test('slower than the deadline: rejects there, and is never applied behind its back', async () => {
    const { tier, clock, reached } = stage();
    tier.line.inject({ delayMs: DEADLINE_MS + 10 });
    const call = watch(tier.set('a', bytes('1')));
    await clock.advance(DEADLINE_MS);
    expect(call.outcome).toBe('DEADLINE_EXCEEDED');
    await clock.advance(DEADLINE_MS);
    expect(reached).toEqual([]);
  });

  test('in this process: misses and does not store, but drops', () => {
    const { tier, bare } = stage();
    bare.local?.write('a', bytes('old'));
    tier.line.inject({ state: 'down' });
    expect(tier.local?.read('a')).toBeUndefined();
    expect(tier.local?.write('a', bytes('new'))).toBe(false);
    tier.line.heal();
    expect(tier.local?.read('a')).toBeUndefined();
    expect(tier.local?.write('a', bytes('new'))).toBe(true);
    tier.line.inject({ errorRate: 1 });
    expect(tier.local?.drop('a')).toBe(true);
  });

  test('shares its line with the ledger of its server', async () => {
    const { tier } = stage();
    const page = { incarnation: '0', epoch: 1, floor: 0, patterns: [], tags: [] };
    const ledger: Ledger = faultLedger(
      { read: async () => page, advance: async () => ({ page, audience: undefined }) },
      tier.line,
    );
    expect(await ledger.read([])).toBe(page);
    tier.line.inject({ state: 'down' });
    await expect(ledger.read([])).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await expect(ledger.advance({ all: true })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });
});
