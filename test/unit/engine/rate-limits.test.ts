import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { CachectlError, type ErrorCode } from '../../../src/base/errors.ts';
import type { Limiter } from '../../../src/backends/limiter.ts';
import { MemoryLimiter } from '../../../src/backends/memory/limiter.ts';
import { rateLimiter } from '../../../src/engine/rate-limits.ts';

function failing(code: ErrorCode): Limiter {
  const fail = (): Promise<never> => Promise.reject(new CachectlError(code, 'it cannot tell'));
  return { hit: fail, reset: fail };
}

test('counts what the parts name, in a window that slides', async () => {
  const clock = new ManualClock();
  const limits = rateLimiter(new MemoryLimiter(clock), { limit: 2, window: '1m' });
  expect(await limits.check('login', 7)).toEqual({
    allowed: true,
    remaining: 1,
    retryAfterMs: 0,
    known: true,
  });
  await clock.advance(30_000);
  expect(await limits.check('login', '7')).toMatchObject({ allowed: true, remaining: 0 });
  expect(await limits.check('login', 7)).toEqual({
    allowed: false,
    remaining: 0,
    retryAfterMs: 30_000,
    known: true,
  });
  expect(await limits.check('login', 8)).toMatchObject({ allowed: true });
  await clock.advance(30_000);
  expect(await limits.check('login', 7)).toMatchObject({ allowed: true });
  expect(await limits.check('login', 7)).toMatchObject({ allowed: false });
  await limits.reset('login', 7);
  expect(await limits.check('login', 7)).toMatchObject({ allowed: true });
});

test('parts that could be mistaken for others are not, nor are limits of other names', async () => {
  const limiter = new MemoryLimiter(new ManualClock());
  const options = { limit: 1, window: 1000 };
  const limits = rateLimiter(limiter, options);
  for (const parts of [['a', 'b'], ['a:b'], ['a%3Ab'], ['a']]) {
    expect(await limits.check(...parts)).toMatchObject({ allowed: true });
  }
  expect(await rateLimiter(limiter, { ...options, name: 'other' }).check('a')).toMatchObject({
    allowed: true,
  });
  expect(await rateLimiter(limiter, options).check('a')).toMatchObject({ allowed: false });
});

test('a hit can cost more than one', async () => {
  const limits = rateLimiter(new MemoryLimiter(new ManualClock()), { limit: 5, window: 1000 });
  expect(await limits.spend(4, 'export')).toMatchObject({ allowed: true, remaining: 1 });
  expect(await limits.spend(2, 'export')).toMatchObject({ allowed: false, remaining: 1 });
  expect(await limits.check('export')).toMatchObject({ allowed: true, remaining: 0 });
  await expect(limits.spend(6, 'export')).rejects.toMatchObject({ code: 'BAD_USAGE' });
});

test('when the server cannot tell, the policy does, and somebody hears of it', async () => {
  for (const code of [
    'DEADLINE_EXCEEDED',
    'SERVER_UNREACHABLE',
    'SERVER_ERROR',
    'AUTH_FAILED',
    'CLOSED',
  ] as const) {
    const heard: unknown[] = [];
    const options = { limit: 5, window: '1s', onError: (error: unknown) => void heard.push(error) };
    const fallback = rateLimiter(failing(code), options);
    expect(await fallback.check('a')).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0, known: false });
    const closed = rateLimiter(failing(code), { ...options, whenUnknown: 'closed' });
    expect(await closed.check('a')).toEqual({
      allowed: false,
      remaining: 0,
      retryAfterMs: 1000,
      known: false,
    });
    expect(heard).toMatchObject([{ code }, { code }]);
    await expect(closed.reset('a')).rejects.toMatchObject({ code });
  }
});

test('mistakes are no outage: they reject whatever the policy', async () => {
  for (const whenUnknown of ['open', 'closed'] as const) {
    const limits = rateLimiter(failing('BAD_USAGE'), { limit: 5, window: '1s', whenUnknown });
    await expect(limits.check('a')).rejects.toMatchObject({ code: 'BAD_USAGE' });
    const broken: Limiter = { hit: () => Promise.reject(new TypeError('bug')), reset: async () => {} };
    await expect(rateLimiter(broken, { limit: 5, window: '1s', whenUnknown }).check('a')).rejects.toThrow(
      'bug',
    );
  }
  for (const wrong of [
    { limit: 0, window: 1000 },
    { limit: 1, window: 'soon' },
    { limit: 1, window: 0 },
  ]) {
    expect(() => rateLimiter(failing('CLOSED'), wrong)).toThrow(
      expect.objectContaining({ code: 'BAD_USAGE' }),
    );
  }
});
