import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../../src/backends/memory/shared.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { type Cache, createCache } from '../../../src/engine/index.ts';
import { chaosBackend } from '../../../src/testing/testing.ts';
import { openInstances } from '../../support/instances.ts';

/** Lets work in the background end. */
const settle = async (clock: ManualClock): Promise<void> => clock.advance(1);

describe('prefetch', () => {
  test('after a read the followers that the policy names are loaded ahead, by the loader of their own policy', async () => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const cache = createCache({
      namespace: 'n',
      clock,
      tiers: [openMemory({ clock })],
      policies: {
        product: { key: 'product:{id}', followers: ['reviews:{id}', 'unknown:{id}'] },
        reviews: { key: 'reviews:{id}', load: ({ key }) => (asked.push(key), `loaded ${key}`) },
      },
    });
    await cache.getOrLoad('product:1', () => 'p');
    await settle(clock);
    expect(cache.peek('reviews:1')).toBe('loaded reviews:1');
    await cache.getOrLoad('product:1', () => 'p');
    await settle(clock);
    expect(asked).toEqual(['reviews:1']);
    await cache.close();
  });

  test('learned: what was often read next is loaded ahead', async () => {
    const clock = new ManualClock();
    const cache = createCache({
      namespace: 'n',
      clock,
      tiers: [openMemory({ clock })],
      prefetch: 'learned',
      policies: { page: { key: 'page:{id}', load: ({ key }) => key } },
    });
    for (let i = 0; i < 20; i++) {
      await cache.getOrLoad('page:a', () => 'a');
      await cache.getOrLoad('page:b', () => 'b');
    }
    await cache.delete('page:b');
    await cache.get('page:a');
    await settle(clock);
    expect(cache.peek('page:b')).toBe('page:b');
    await cache.close();
  });

  test('a follower that the key pattern cannot name is refused at once', () => {
    const policies = { p: { key: 'p:{id}', followers: ['r:{di}'] } };
    expect(() => createCache({ namespace: 'n', tiers: [openMemory()], policies })).toThrow(
      'names {di}, which the key pattern does not have',
    );
  });
});

describe('policies', () => {
  test('structured values go to Redis, simple ones to Memcached', async () => {
    const clock = new ManualClock();
    const [redis, memcached] = [new SharedMemory({ clock }), new SharedMemory({ clock })];
    const cache = createCache({
      namespace: 'n',
      clock,
      tiers: [openSharedMemory(memcached, 'memcached'), openSharedMemory(redis, 'redis')],
      policies: {
        structured: { key: 's:{id}', shape: 'structured' },
        simple: { key: 'p:{id}', shape: 'simple' },
      },
    });
    await settle(clock);
    await cache.set('s:1', { a: 1 });
    await cache.set('p:1', 'plain');
    expect(
      [redis.store.read('n:s:1'), memcached.store.read('n:s:1')].map((slot) => slot !== undefined),
    ).toEqual([true, false]);
    expect(
      [redis.store.read('n:p:1'), memcached.store.read('n:p:1')].map((slot) => slot !== undefined),
    ).toEqual([false, true]);
    await cache.close();
  });

  test('an event that a policy names takes its keys along, in all instances', async () => {
    const policies = { customer: { key: 'customer:{customer_id}:{part}', on: ['customer.updated'] } };
    const { caches, clock, close } = await openInstances(2, { policies });
    const [a, b] = caches as [Cache, Cache];
    a.events.on<{ customer_id: number }>('customer.updated', ({ customer_id }) => ({
      tags: [`orders of ${customer_id}`],
    }));
    await a.set('customer:42:basic', 1);
    await a.set('order:1', 2, { tags: ['orders of 42'] });
    expect(await b.getMany(['customer:42:basic', 'order:1'])).toEqual([1, 2]);
    await a.events.emit('customer.updated', { customer_id: 42, part: 'basic' });
    await clock.advance(1);
    expect(await b.getMany(['customer:42:basic', 'order:1'])).toEqual([undefined, undefined]);
    await expect(a.events.emit('customer.updated', { part: 'basic' })).rejects.toMatchObject({
      code: 'BAD_USAGE',
    });
    await close();
  });

  test('what depends on a key falls with it, however indirectly, and cycles end', async () => {
    const { caches, clock, close } = await openInstances(2);
    const [a, b] = caches as [Cache, Cache];
    a.dependencies.add('page', ['product:1', 'menu']);
    a.dependencies.add('menu', ['page', 'category:7']);
    await a.setMany(['page', 'menu', 'other'].map((key) => ({ key, value: key })));
    expect(await b.getMany(['page', 'menu', 'other'])).toEqual(['page', 'menu', 'other']);
    await a.delete('category:7');
    await clock.advance(1);
    expect(await b.getMany(['page', 'menu', 'other'])).toEqual([undefined, undefined, 'other']);
    await close();
  });
});

test('an instance that hears nothing any more stops serving from memory within the bound', async () => {
  const clock = new ManualClock();
  const server = chaosBackend(openSharedMemory(new SharedMemory({ clock })), { clock });
  const cache = createCache({ namespace: 'n', clock, tiers: [openMemory({ clock }), server] });
  await clock.advance(50);
  await cache.set('k', 'v');
  await clock.advance(5000);
  expect(cache.peek('k')).toBe('v');
  server.buses[0]?.inject({ state: 'half-open' });
  await clock.advance(1001);
  expect(cache.peek('k')).toBeUndefined();
  expect(await cache.get('k')).toBe('v');
  await cache.close();
});

describe('signed entries', () => {
  const secret = 'a secret of 16 bytes or more';

  test('what was tampered with, or moved to another key, is a miss and counted', async () => {
    const integrity = { keys: { 1: secret }, sign: 1 };
    const { caches, server, close } = await openInstances(2, { integrity });
    const [a, b] = caches as [Cache, Cache];
    await a.set('mine', 'secret of mine');
    await a.set('yours', 'yours');
    const entry = server.store.read('n:mine')?.value ?? new Uint8Array();
    server.store.write('n:moved', entry);
    const changed = Uint8Array.from(entry);
    changed[changed.length - 2] = (changed.at(-2) ?? 0) ^ 1;
    server.store.write('n:yours', changed);
    expect(await b.getMany(['mine', 'moved', 'yours'])).toEqual(['secret of mine', undefined, undefined]);
    expect(b.counts().tampered).toBe(2);
    await close();
  });

  test('keys rotate: what another key signed is still good', async () => {
    const { caches, server, clock, close } = await openInstances(1, {
      integrity: { keys: { 1: secret }, sign: 1 },
    });
    await caches[0]?.set('k', 'v');
    const next = createCache({
      namespace: 'n',
      clock,
      tiers: [openSharedMemory(server)],
      integrity: { keys: { 1: secret, 2: `another ${secret}` }, sign: 2 },
    });
    await clock.advance(50);
    expect(await next.get('k')).toBe('v');
    await Promise.all([next.close(), close()]);
  });
});

describe('what the cache tells', () => {
  test('sampling compares hits in this process with the tier below', async () => {
    const { caches, server, clock, close } = await openInstances(1, { sampleOneIn: 2 });
    const [cache] = caches as [Cache];
    await cache.set('k', 'old');
    const other = createCache({
      namespace: 'n',
      clock,
      tiers: [openSharedMemory(server)],
      coherence: { bus: 'none' },
    });
    for (let i = 0; i < 4; i++) await cache.get('k').then(() => settle(clock));
    expect(cache.counts().sampled).toMatchObject({ compared: 2, stale: 0 });
    await other.set('k', 'new, and nobody was told');
    await clock.advance(100);
    for (let i = 0; i < 2; i++) await cache.get('k').then(() => settle(clock));
    expect(cache.counts().sampled).toMatchObject({ compared: 3, stale: 1 });
    expect(cache.counts().sampled.worstAgeMs).toBeGreaterThanOrEqual(100);
    await Promise.all([close(), other.close()]);
  });

  test('signals and diagnostics channels, and counts by policy', async () => {
    const { caches, close } = await openInstances(1, { policies: { p: { key: 'p:{id}' } } });
    const [cache] = caches as [Cache];
    const loads: unknown[] = [];
    const published: unknown[] = [];
    const hear = (message: unknown): void => void published.push(message);
    const stop = cache.signals.on('load', ({ key, error }) => loads.push([key, error]));
    subscribe('cachectl:load', hear);
    await cache.getOrLoad('p:1', () => 1);
    await cache.getOrLoad('p:1', () => 1);
    stop();
    unsubscribe('cachectl:load', hear);
    await cache.getOrLoad('p:2', () => 1);
    expect(loads).toEqual([['p:1', undefined]]);
    expect(published).toMatchObject([{ key: 'p:1', namespace: 'n' }]);
    expect(cache.counts().policies['p']).toEqual({ hits: 1, misses: 2, loads: 2, loadErrors: 0 });
    await close();
  });
});
