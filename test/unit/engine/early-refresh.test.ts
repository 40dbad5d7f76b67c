import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { earlyBySomeMs, jittered, mostEarlyMs } from '../../../src/engine/early-refresh.ts';

/** Gives the same number each time. */
function always(value: number): Random {
  const random: Random = { next: () => value, nextUint32: () => 0, fork: () => random };
  return random;
}

const HIGHEST = 1 - 2 ** -53;

/** Share of hits that refresh with `leftMs` left. */
function refreshed(leftMs: number, loadMs: number, beta: number, draws = 200_000): number {
  const random = seededRandom(1);
  let count = 0;
  for (let i = 0; i < draws; i++) if (earlyBySomeMs(loadMs, beta, random) >= leftMs) count++;
  return count / draws;
}

describe('early refresh', () => {
  test.each([
    [50, 50, 1, 0.368],
    [100, 50, 1, 0.135],
    [25, 50, 1, 0.607],
    [100, 50, 2, 0.368],
    [200, 50, 1, 0.018],
    [0, 50, 1, 1],
  ])('%d ms before expiry, loading takes %d ms, beta %d: %d of the hits', (leftMs, loadMs, beta, share) => {
    expect(refreshed(leftMs, loadMs, beta)).toBeCloseTo(share, 2);
    expect(Math.exp(-leftMs / (beta * loadMs))).toBeCloseTo(share, 2);
  });

  test('is as the exponential distribution says at any time', () => {
    // Four standard errors of a share out of 20,000 draws.
    const tolerance = 4 * Math.sqrt(0.25 / 20_000);
    const parameters = [
      fc.double({ min: 0, max: 500, noNaN: true }),
      fc.integer({ min: 1, max: 300 }),
    ] as const;
    fc.assert(
      fc.property(...parameters, fc.double({ min: 0.1, max: 4, noNaN: true }), (leftMs, loadMs, beta) => {
        const expected = Math.exp(-leftMs / (beta * loadMs));
        expect(Math.abs(refreshed(leftMs, loadMs, beta, 20_000) - expected)).toBeLessThan(tolerance);
      }),
      { numRuns: 30 },
    );
  });

  test('never comes earlier than said, not even with the luckiest draw, and just then', () => {
    expect(earlyBySomeMs(80, 1.5, always(HIGHEST))).toBeCloseTo(mostEarlyMs(80, 1.5), 9);
    expect(mostEarlyMs(100, 1)).toBeCloseTo(3673.7, 1);
    const random = seededRandom(2);
    for (let i = 0; i < 100_000; i++) {
      const earlyMs = earlyBySomeMs(80, 1.5, random);
      expect(earlyMs >= 0 && earlyMs <= mostEarlyMs(80, 1.5)).toBe(true);
    }
  });

  test('beta 0, or a load that took no time: never', () => {
    for (const u of [0, 0.5, HIGHEST]) {
      expect(earlyBySomeMs(100, 0, always(u))).toBeCloseTo(0);
      expect(earlyBySomeMs(0, 1, always(u))).toBeCloseTo(0);
    }
    expect(mostEarlyMs(100, 0)).toBe(0);
  });
});

describe('jitter', () => {
  test('shortens by up to its share, and never lengthens', () => {
    const ttl = fc.double({ min: 1, max: 1e9, noNaN: true });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ttl, unit, fc.integer(), (ttlMs, share, seed) => {
        const ms = jittered(ttlMs, share, seededRandom(seed));
        expect(ms).toBeLessThanOrEqual(ttlMs);
        expect(ms).toBeGreaterThanOrEqual(ttlMs * (1 - share));
        expect(ms).toBeGreaterThan(0);
      }),
    );
  });

  test('spreads evenly', () => {
    const random = seededRandom(3);
    const tenths = Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor((jittered(1000, 0.2, random) - 800) / 20);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('draws nothing where there is nothing to spread', () => {
    const forbidden: Random = { ...always(0), next: () => expect.unreachable() };
    expect(jittered(1000, 0, forbidden)).toBe(1000);
    expect(jittered(Infinity, 0.5, forbidden)).toBe(Infinity);
  });
});
