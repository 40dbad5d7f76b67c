import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Limiter, RateLimit } from '../../src/backends/limiter.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { ServerFaults } from './tier-contract.ts';

export interface LimiterUnderTest {
  /** Two limiters on one server, as two processes have them; the same one where hits stay in the process. */
  readonly near: Limiter;
  readonly far: Limiter;
  readonly deadlineMs: number;
  /** Time as {@link pass} makes it pass. */
  nowMs(): number;
  pass(ms: number): Promise<void>;
  readonly faults: ServerFaults | string;
  /** Closes the backends that the limiters belong to, and stops the server. */
  dispose(): Promise<void>;
}

/** Between when the test looked at its clock and when the server did; and servers may count whole milliseconds. */
const CLOCK_SLACK_MS = 3;
const LONG = { windowMs: 60_000 };

interface Hit {
  readonly allowed: boolean;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Holds a limiter to its contract (src/backends/limiter.ts). */
export function describeLimiterContract(name: string, open: () => Promise<LimiterUnderTest>): void {
  describe(`limiter contract: ${name}`, () => {
    let subject: LimiterUnderTest;
    let near: Limiter;
    let far: Limiter;
    let key = '';
    let id = 0;
    beforeAll(async () => {
      subject = await open();
      ({ near, far } = subject);
    });
    beforeEach(() => {
      key = `rate:user ${++id}`;
    });
    afterAll(() => subject?.dispose());

    test('allows up to the limit, tells what remains, and then for how long not', async () => {
      const limit = { ...LONG, limit: 3 };
      expect(await near.hit(key, limit)).toEqual({ allowed: true, remaining: 2, retryAfterMs: 0 });
      expect(await far.hit(key, limit)).toEqual({ allowed: true, remaining: 1, retryAfterMs: 0 });
      expect(await near.hit(key, limit)).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0 });
      const refused = await far.hit(key, limit);
      expect(refused).toMatchObject({ allowed: false, remaining: 0 });
      expect(refused.retryAfterMs).toBeGreaterThan(LONG.windowMs - 10_000);
      expect(refused.retryAfterMs).toBeLessThanOrEqual(LONG.windowMs);
    });

    test('the window slides: each hit counts for as long as it is in it, and no longer', async () => {
      const limit = { limit: 4, windowMs: 600 };
      const two = async (): Promise<boolean[]> => {
        const decisions = [await near.hit(key, limit), await far.hit(key, limit)];
        return decisions.map(({ allowed }) => allowed);
      };
      expect(await two()).toEqual([true, true]);
      await subject.pass(350);
      expect(await two()).toEqual([true, true]);
      expect(await two()).toEqual([false, false]);
      await subject.pass(300);
      expect(await two()).toEqual([true, true]);
      expect(await two()).toEqual([false, false]);
    });

    test('after the time that it told, and no sooner than needed, it allows', async () => {
      const limit = { limit: 2, windowMs: 500 };
      const startMs = subject.nowMs();
      await near.hit(key, limit);
      await subject.pass(200);
      await near.hit(key, limit);
      const { retryAfterMs } = await near.hit(key, limit);
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(500 - 200 + CLOCK_SLACK_MS);
      await subject.pass(retryAfterMs + CLOCK_SLACK_MS);
      expect((await near.hit(key, limit)).allowed).toBe(true);
      expect(subject.nowMs() - startMs).toBeGreaterThanOrEqual(500 - CLOCK_SLACK_MS);
    });

    test('what is refused does not count', async () => {
      const limit = { limit: 1, windowMs: 400 };
      await near.hit(key, limit);
      await subject.pass(250);
      for (let i = 0; i < 10; i++) expect((await near.hit(key, limit)).allowed).toBe(false);
      await subject.pass(200);
      expect((await near.hit(key, limit)).allowed).toBe(true);
    });

    test('a hit counts its cost, as a whole or not at all', async () => {
      const limit = { limit: 10, windowMs: 500 };
      expect(await near.hit(key, { ...limit, cost: 4 })).toMatchObject({ allowed: true, remaining: 6 });
      await subject.pass(200);
      expect(await far.hit(key, { ...limit, cost: 4 })).toMatchObject({ allowed: true, remaining: 2 });
      const some = await near.hit(key, { ...limit, cost: 6 });
      expect(some).toMatchObject({ allowed: false, remaining: 2 });
      expect(some.retryAfterMs).toBeLessThanOrEqual(300 + CLOCK_SLACK_MS);
      const more = await near.hit(key, { ...limit, cost: 7 });
      expect(more.retryAfterMs).toBeGreaterThan(some.retryAfterMs + 100);
      expect(await near.hit(key, { ...limit, cost: 2 })).toMatchObject({ allowed: true, remaining: 0 });
      const next = await near.hit(key, limit);
      await subject.pass(next.retryAfterMs + CLOCK_SLACK_MS);
      expect(await near.hit(key, { ...limit, cost: 4 })).toMatchObject({ allowed: true, remaining: 0 });
    });

    test('of many at once exactly the limit is allowed', async () => {
      const limit = { ...LONG, limit: 37 };
      const decisions = await Promise.all(
        Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? near : far).hit(key, limit)),
      );
      const allowed = decisions.filter((decision) => decision.allowed);
      expect(allowed).toHaveLength(37);
      expect(new Set(allowed.map(({ remaining }) => remaining)).size).toBe(37);
    });

    test('a large limit is as exact', async () => {
      const limit = { ...LONG, limit: 3000 };
      for (let i = 0; i < 3; i++) expect((await near.hit(key, { ...limit, cost: 999 })).allowed).toBe(true);
      expect(await near.hit(key, { ...limit, cost: 4 })).toMatchObject({ allowed: false, remaining: 3 });
      expect(await near.hit(key, { ...limit, cost: 3 })).toMatchObject({ allowed: true, remaining: 0 });
      expect((await near.hit(key, limit)).allowed).toBe(false);
    });

    test('a lower limit holds for what was allowed before', async () => {
      await near.hit(key, { ...LONG, limit: 10, cost: 8 });
      expect(await near.hit(key, { ...LONG, limit: 5 })).toMatchObject({ allowed: false, remaining: 0 });
      expect(await near.hit(key, { ...LONG, limit: 10 })).toMatchObject({ allowed: true, remaining: 1 });
    });

    test('keys are counted apart, and reset forgets one', async () => {
      const limit = { ...LONG, limit: 1 };
      const others = [key, `${key} `, `${key}:ä`, `${key}{x}`];
      for (const other of others) expect((await near.hit(other, limit)).allowed).toBe(true);
      await far.reset(key);
      await far.reset(`${key} never hit`);
      const again = await Promise.all(others.map((other) => near.hit(other, limit)));
      expect(again.map(({ allowed }) => allowed)).toEqual([true, false, false, false]);
    });

    test('limits that make no sense reject with BAD_USAGE', async () => {
      const wrong: readonly RateLimit[] = [
        { ...LONG, limit: 0 },
        { ...LONG, limit: 1.5 },
        { ...LONG, limit: 1_000_000 },
        { limit: 1, windowMs: 0 },
        { limit: 1, windowMs: Infinity },
        { ...LONG, limit: 1, cost: 0 },
        { ...LONG, limit: 1, cost: 2 },
        { ...LONG, limit: 2, cost: 1.5 },
      ];
      for (const limit of wrong) {
        await expect(near.hit(key, limit)).rejects.toSatisfy((e) => isCachectlError(e, 'BAD_USAGE'));
      }
      expect((await near.hit(key, { ...LONG, limit: 1 })).allowed).toBe(true);
    });

    test('random hits: never more than the limit in any window, and never fewer than it would allow', async () => {
      for (const seed of [1, 2, 3]) {
        const limit = { limit: 2 + seed * 2, windowMs: 60 + seed * 30 };
        const hits = await randomHits(subject, `${key}:${seed}`, limit, seededRandom(seed));
        expect(hits.some(({ allowed }) => allowed)).toBe(true);
        expectExact(hits, limit);
      }
    });

    test('a hung server: the call settles within the deadline', async (context) => {
      if (typeof subject.faults === 'string') return context.skip(subject.faults);
      await subject.faults.freeze();
      const start = performance.now();
      const outcomes = await Promise.allSettled([near.hit(key, { ...LONG, limit: 1 }), near.reset(key)]);
      const tookMs = performance.now() - start;
      await subject.faults.thaw();
      for (const outcome of outcomes) {
        expect(outcome.status === 'rejected' && outcome.reason).toSatisfy((e) =>
          isCachectlError(e, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE'),
        );
      }
      expect(tookMs).toBeLessThan(subject.deadlineMs + 750);
    });

    test('after its backend was closed every call rejects with CLOSED', async () => {
      const other = await open();
      await other.dispose();
      const isClosed = (error: unknown): boolean => isCachectlError(error, 'CLOSED');
      await expect(other.near.hit(key, { ...LONG, limit: 1 })).rejects.toSatisfy(isClosed);
      await expect(other.near.reset(key)).rejects.toSatisfy(isClosed);
    });
  });
}

async function randomHits(
  subject: LimiterUnderTest,
  key: string,
  limit: RateLimit,
  random: Random,
): Promise<Hit[]> {
  const hits: Hit[] = [];
  for (let i = 0; i < 40; i++) {
    if (random.next() < 0.3) await subject.pass(Math.ceil(random.next() * limit.windowMs * 0.5));
    const beforeMs = subject.nowMs();
    const { allowed } = await (random.next() < 0.5 ? subject.near : subject.far).hit(key, limit);
    hits.push({ allowed, beforeMs, afterMs: subject.nowMs() });
  }
  return hits;
}

/** The server decided on each hit at some time between the two that were seen here. */
function expectExact(hits: readonly Hit[], { limit, windowMs }: RateLimit): void {
  const allowed: Hit[] = [];
  for (const hit of hits) {
    const oldest = allowed.at(-limit);
    if (hit.allowed) {
      if (oldest !== undefined) {
        expect(hit.afterMs - oldest.beforeMs).toBeGreaterThanOrEqual(windowMs - CLOCK_SLACK_MS);
      }
      allowed.push(hit);
    } else {
      expect(oldest).toBeDefined();
      expect(hit.beforeMs - (oldest?.afterMs ?? 0)).toBeLessThan(windowMs + CLOCK_SLACK_MS);
    }
  }
}
