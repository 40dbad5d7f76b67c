import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { type Cache, createCache, type SetOptions } from '../../../src/engine/index.ts';
import type { Invalidation } from '../../../src/engine/cache.ts';
import {
  type Sessions,
  sessionPolicy,
  sessions,
  type SessionsOptions,
} from '../../../src/engine/sessions.ts';

const SECRET = 'a secret of 16 bytes or more';

interface Bed {
  readonly cache: Cache;
  readonly clock: ManualClock;
  readonly own: Sessions<{ cart: number }>;
  /** Keys and tags as the cache was given them. */
  readonly given: {
    readonly keys: Set<string>;
    readonly tags: string[];
    readonly invalidated: Invalidation[];
  };
}

/** Sessions in a cache of this process, which is listened to. */
function bed(options: SessionsOptions = {}): Bed {
  const clock = new ManualClock();
  const given = { keys: new Set<string>(), tags: [] as string[], invalidated: [] as Invalidation[] };
  const cache = createCache({
    namespace: 'shop',
    tiers: [openMemory({ clock }).tier],
    policies: { sessions: sessionPolicy() },
    clock,
  });
  const set = cache.set.bind(cache);
  const get = cache.get.bind(cache);
  Object.assign(cache, {
    set: (key: string, value: unknown, setting: SetOptions = {}) => {
      given.keys.add(key);
      given.tags.push(...(setting.tags ?? []));
      return set(key, value, setting);
    },
    get: (key: string) => {
      given.keys.add(key);
      return get(key);
    },
    invalidate: async (what: Invalidation) => void given.invalidated.push(what),
  });
  return { cache, clock, given, own: sessions(cache, options) };
}

test('the policy: 24 hours, each use starts them again', () => {
  expect(sessionPolicy()).toMatchObject({ key: 'session:{id}', ttl: '24h', sliding: true });
  expect(sessionPolicy({ name: 'a:b', ttl: '1h' })).toMatchObject({
    key: 'a%3Ab:{id}',
    ttl: '1h',
    sliding: true,
  });
});

describe.each([['in the open', {}] as const, ['with a secret', { secret: SECRET }] as const])(
  '%s',
  (_, options) => {
    test('a session is what was set, until it is destroyed', async () => {
      const { own } = bed(options);
      expect(await own.get('s1')).toBeUndefined();
      expect(await own.touch('s1')).toBe(false);
      await own.set('s1', { cart: 1 }, { user: 'ann' });
      await own.set('s2', { cart: 2 });
      expect(await own.get('s1')).toEqual({ cart: 1 });
      expect(await own.touch('s1')).toBe(true);
      expect(await own.destroy('s1')).toBe(true);
      expect(await own.destroy('s1')).toBe(false);
      expect([await own.get('s1'), await own.get('s2')]).toEqual([undefined, { cart: 2 }]);
    });

    test('it is kept by the policy, and ends', async () => {
      const { own, clock } = bed(options);
      await own.set('s1', { cart: 1 });
      await clock.advance(23.9 * 3_600_000);
      const { cache: other } = bed(options);
      expect(await sessions(other, options).get('s1')).toBeUndefined();
      await clock.advance(24.1 * 3_600_000);
      expect(await own.get('s1')).toBeUndefined();
    });

    test('the sessions of a user have one tag, which is invalidated', async () => {
      const { own, given } = bed(options);
      await own.set('s1', { cart: 1 }, { user: 'ann' });
      await own.set('s2', { cart: 2 }, { user: 'ann' });
      await own.set('s3', { cart: 3 }, { user: 'bob' });
      await own.set('s4', { cart: 4 });
      expect(given.tags).toHaveLength(3);
      expect(given.tags[0]).toBe(given.tags[1]);
      expect(given.tags[2]).not.toBe(given.tags[0]);
      const scope = own.scopeOf('ann');
      expect(scope.tag).toBe(given.tags[0]);
      await scope.destroy();
      expect(given.invalidated).toEqual([{ tags: [scope.tag] }]);
    });

    test('ids that could be mistaken for others are not', async () => {
      const { own } = bed(options);
      const ids = ['a:b', 'a%3Ab', 'a', 'a:', '#a', ' a'];
      for (const [cart, id] of ids.entries()) await own.set(id, { cart });
      expect(await Promise.all(ids.map((id) => own.get(id)))).toEqual(ids.map((_id, cart) => ({ cart })));
      await expect(own.get('')).rejects.toMatchObject({ code: 'BAD_USAGE' });
      expect(() => own.scopeOf('')).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
    });
  },
);

test('with a secret neither keys nor tags hold ids of sessions or users', async () => {
  const { own, given } = bed({ secret: SECRET, name: 'login' });
  const expected = createHmac('sha256', SECRET).update('session\0s3cret-id').digest('base64url');
  await own.set('s3cret-id', { cart: 1 }, { user: 'ann@example.org' });
  await own.get('s3cret-id');
  expect([...given.keys]).toEqual([`login:${expected}`]);
  expect(given.tags[0]).toMatch(/^user:[\w-]{43}$/);
  expect(bed({ secret: `${SECRET}!` }).own.scopeOf('ann').tag).not.toBe(own.scopeOf('ann').tag);
  expect(bed({ secret: Buffer.from(SECRET) }).own.scopeOf('ann').tag).toBe(own.scopeOf('ann').tag);
});

test('a short secret is refused', () => {
  expect(() => bed({ secret: 'ä'.repeat(7) })).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
});
