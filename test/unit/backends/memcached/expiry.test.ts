import { describe, expect, test } from 'vitest';
import { entryExpiry, leaseExpiry } from '../../../../src/backends/memcached/expiry.ts';
import { ManualClock } from '../../../../src/base/clock.ts';

const DAY_MS = 86_400_000;

describe('entryExpiry', () => {
  test.each([
    [undefined, 0],
    [Infinity, 0],
    [1, 1],
    [999, 1],
    [1999, 1],
    [2000, 2],
    [30 * DAY_MS, 2_592_000],
    [30 * DAY_MS + 999, 2_592_000],
  ])('%s ms is %s s', (ttlMs, seconds) => {
    expect(entryExpiry(ttlMs, 5e12, new ManualClock())).toBe(seconds);
  });

  test('over 30 days it is a date by the clock of the server, not by ours', async () => {
    const clock = new ManualClock(1);
    await clock.advance(7000);
    expect(entryExpiry(40 * DAY_MS, 1_000_000_000_000, clock)).toBe(1_000_000_007 + 40 * 86_400);
  });

  test('dates end in 2038, and a server that tells no time keeps nothing over 30 days', () => {
    expect(entryExpiry(100 * 365 * DAY_MS, 1_700_000_000_000, new ManualClock())).toBe(2_147_483_647);
    expect(entryExpiry(40 * DAY_MS, undefined, new ManualClock())).toBe(2_592_000);
  });
});

test('leaseExpiry: a lease set at the very end of a tick still lasts its time', () => {
  for (const ttlMs of [1, 500, 1000, 1001, 60_000])
    expect((leaseExpiry(ttlMs) - 1) * 1000).toBeGreaterThanOrEqual(ttlMs);
  expect(leaseExpiry(1000)).toBe(2);
  expect(leaseExpiry(90 * DAY_MS)).toBe(2_592_000);
});
