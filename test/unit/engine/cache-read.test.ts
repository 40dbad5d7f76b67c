import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../../src/backends/memory/shared.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { isCachectlError } from '../../../src/base/errors.ts';
import { type Cache, type CacheOptions, createCache, messagePackCodec } from '../../../src/engine/index.ts';
import { gate, remoteTier, type RemoteTier } from '../../support/tiers.ts';

interface Bed {
  readonly clock: ManualClock;
  readonly l2: RemoteTier;
  readonly l3: RemoteTier;
  readonly cache: Cache;
}

function bed(options: Partial<CacheOptions> = {}): Bed {
  const clock = new ManualClock();
  const l2 = remoteTier('redis', clock);
  const l3 = remoteTier('database', clock);
  const tiers = [
    { tier: openMemory({ clock }).tier, ttl: '1m' },
    { tier: l2, ttl: '15m' },
    { tier: l3, ttl: '1h' },
  ];
  return { clock, l2, l3, cache: createCache({ namespace: 'shop', tiers, clock, ...options }) };
}

describe('get', () => {
  test('finds what was set, and null is a value', async () => {
    const { cache } = bed();
    await cache.set('a', { n: 1, list: [1, 'x'] });
    await cache.set(['product', 7], null);
    expect(await cache.get('a')).toEqual({ n: 1, list: [1, 'x'] });
    expect(await cache.get('product:7')).toBeNull();
    expect(await cache.get('none')).toBeUndefined();
  });

  test('a hit in a lower tier fills the tiers above it', async () => {
    const { cache, clock, l2, l3 } = bed();
    await cache.set('a', 'v');
    await clock.advance(16 * 60_000);
    l2.calls.length = 0;
    expect(await cache.get('a')).toBe('v');
    await clock.advance(0);
    expect(cache.peek('a')).toBe('v');
    expect((await l2.get('shop:a'))?.value).toBeDefined();
    expect(l3.calls.filter((call) => call === 'get')).toHaveLength(1);
  });

  test('a fill from below never outlives the entry', async () => {
    const { cache, clock, l2 } = bed();
    await cache.set('a', 'v', { ttl: '70s' });
    await clock.advance(61_000);
    expect(cache.peek('a')).toBeUndefined();
    expect(await cache.get('a')).toBe('v');
    await clock.advance(8000);
    expect(cache.peek('a')).toBe('v');
    await clock.advance(1001);
    expect(cache.peek('a')).toBeUndefined();
    expect(await l2.get('shop:a')).toBeUndefined();
    expect(await cache.get('a')).toBeUndefined();
  });

  test('what is kept beyond its expiry is not taken for fresh by who has no use for times', async () => {
    const clock = new ManualClock();
    const server = new SharedMemory({ clock });
    const open = (defaults: CacheOptions['defaults']): Cache =>
      createCache({
        namespace: 'n',
        tiers: [{ tier: openSharedMemory(server), ttl: '1m' }],
        clock,
        ...(defaults === undefined ? {} : { defaults }),
      });
    const keeps = open({ staleIfError: '1h' });
    const plain = open(undefined);
    await keeps.setMany(['a', 'b'].map((key) => ({ key, value: 'old' })));
    expect(await plain.get('a')).toBe('old');
    expect(await plain.getMany(['a', 'b'])).toEqual(['old', 'old']);
    await clock.advance(60_001);
    expect(await plain.get('a')).toBeUndefined();
    expect(await plain.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(await plain.getOrLoad('a', () => 'new')).toBe('new');
    expect(plain.counts().tiers['shared']).toMatchObject({ hits: 3, misses: 4 });
    await Promise.all([keeps.close(), plain.close()]);
  });

  test('a fill from below is not kept in this process when the key was invalidated meanwhile', async () => {
    const { cache, clock, l2 } = bed();
    await cache.set('a', 'old');
    await clock.advance(16 * 60_000);
    const held = gate();
    l2.before = (operation) => (operation === 'set' ? held.opened : undefined);
    expect(await cache.get('a')).toBe('old');
    await cache.delete('a');
    held.open();
    await clock.advance(0);
    expect(cache.peek('a')).toBeUndefined();
  });

  test('a tier that fails is passed over and counted', async () => {
    const failures: string[] = [];
    const { cache, clock, l2 } = bed({
      onTierError: ({ tier, operation }) => failures.push(`${tier} ${operation}`),
    });
    await cache.set('a', 'v');
    await clock.advance(61_000);
    l2.before = () => {
      throw new Error('down');
    };
    expect(await cache.get('a')).toBe('v');
    expect(failures).toContain('redis get');
    expect(cache.counts().tiers['redis']).toMatchObject({ hits: 0, misses: 0 });
    expect(cache.counts().tiers['redis']?.errors).toBeGreaterThan(0);
  });

  test('a tier slower than its deadline is passed over, and its late answer is not waited for', async () => {
    const clock = new ManualClock();
    const slow = remoteTier('redis', clock);
    const l3 = remoteTier('database', clock);
    const cache = createCache({ namespace: 'n', tiers: [{ tier: slow, deadline: '20ms' }, l3], clock });
    await cache.set('a', 'v');
    const held = gate();
    slow.before = () => held.opened;
    const read = cache.get('a');
    await clock.advance(21);
    expect(await read).toBe('v');
    held.open();
    await clock.advance(50);
    expect(clock.pendingTimers).toBe(0);
  });

  test('no reader waits for the look that tells whether a tier is back', async () => {
    const clock = new ManualClock();
    const l2 = remoteTier('redis', clock);
    const l3 = remoteTier('database', clock);
    const breaker = { failures: 1, probeAfter: '100ms' };
    const cache = createCache({ namespace: 'n', tiers: [{ tier: l2, breaker }, l3], clock });
    await cache.set('a', 'v');
    const held = gate();
    l2.before = () => held.opened;
    const first = cache.get('a');
    await clock.advance(41);
    expect(await first).toBe('v');
    await clock.advance(100);
    l2.calls.length = 0;
    expect(await cache.get('a')).toBe('v'); // though the clock stands still, and so does the tier
    expect(l2.calls).toEqual(['get']);
    held.open();
    await clock.advance(1);
    expect(await cache.resolve('a')).toMatchObject({ value: 'v', source: 'redis' });
  });

  test('bytes of somebody else are a miss and an error, not a value', async () => {
    const { cache, l2, l3 } = bed();
    await l2.set('shop:a', new Uint8Array(Buffer.from('"plain"')));
    await l3.set('shop:a', new Uint8Array([0xcb, 0x01, 0, 0, 0x7b]));
    expect(await cache.get('a')).toBeUndefined();
    const { tiers, misses } = cache.counts();
    expect(misses).toBe(1);
    expect(tiers['redis']).toMatchObject({ hits: 0, misses: 1, errors: 1 });
    expect(tiers['database']).toMatchObject({ hits: 0, misses: 1, errors: 1 });
  });

  test('callers of one key share one look-up', async () => {
    const { cache, clock, l2 } = bed();
    await cache.set('a', 'v');
    await clock.advance(61_000);
    l2.calls.length = 0;
    expect(await Promise.all(Array.from({ length: 20 }, () => cache.get('a')))).toEqual(Array(20).fill('v'));
    expect(l2.calls.filter((call) => call === 'get')).toHaveLength(1);
  });
});

describe('local values', () => {
  test('are frozen by default, so that no caller changes what others get', async () => {
    const { cache } = bed();
    const mine = { list: [1] };
    await cache.set('a', mine);
    mine.list.push(2);
    const got = await cache.get<{ list: number[] }>('a');
    expect(got).toEqual({ list: [1] });
    expect(() => got?.list.push(3)).toThrow(TypeError);
    expect(await cache.get('a')).toBe(got);
  });

  test('are copied or shared on demand', async () => {
    const copied = bed({ localValues: 'copied' }).cache;
    await copied.set('a', { n: 1 });
    const first = await copied.get<{ n: number }>('a');
    if (first !== undefined) first.n = 2;
    expect(await copied.get('a')).toEqual({ n: 1 });
    const shared = bed({ localValues: 'shared' }).cache;
    await shared.set('a', { n: 1 });
    expect(await shared.get('a')).toBe(await shared.get('a'));
  });
});

describe('policies', () => {
  test('pick tiers and time to live by key pattern', async () => {
    const { cache, clock, l2, l3 } = bed({
      policies: {
        session: { key: 'session:{id}', tiers: ['redis'], ttl: '10s' },
        quote: { key: 'quote:calc:{hash}', ttl: { l1: '1s' } },
      },
    });
    await cache.set('session:1', 's');
    expect(cache.peek('session:1')).toBeUndefined();
    expect(await l3.get('shop:session:1')).toBeUndefined();
    expect(await cache.get('session:1')).toBe('s');
    await clock.advance(10_001);
    expect(await cache.get('session:1')).toBeUndefined();
    await cache.set('quote:calc:x', 1);
    await clock.advance(1001);
    expect(cache.peek('quote:calc:x')).toBeUndefined();
    expect(await l2.get('shop:quote:calc:x')).toBeDefined();
  });

  test('a policy may keep entries longer than a tier does by default, but not in this process', async () => {
    const { cache, clock } = bed({ policies: { session: { key: 'session:{id}', ttl: '24h' } } });
    await cache.set('session:1', 's');
    await clock.advance(61_000);
    expect(cache.peek('session:1')).toBeUndefined();
    await clock.advance(20 * 3_600_000);
    expect(await cache.get('session:1')).toBe('s');
    await clock.advance(4 * 3_600_000);
    expect(await cache.get('session:1')).toBeUndefined();
  });

  test('with an unknown tier are refused, with the name that was meant', () => {
    expect(() => bed({ policies: { p: { key: 'p:{id}', tiers: ['reddis'] } } })).toThrow(
      /policy p: the cache has no tier 'reddis', did you mean 'redis'\?/,
    );
  });
});

test('other codecs, and large values compressed in shared tiers only', async () => {
  const { cache, clock, l2 } = bed({ codec: messagePackCodec, compressAboveBytes: 1000 });
  const value = { when: new Date(1_700_000_000_000), text: 'abc'.repeat(10_000), big: 2n ** 60n };
  await cache.set('a', value);
  expect((await l2.get('shop:a'))?.value.byteLength).toBeLessThan(1000);
  expect(await cache.get('a')).toEqual(value);
  await clock.advance(61_000);
  expect(await cache.get('a')).toEqual(value);
});

test('a key that is none rejects, and throws nothing at the caller', async () => {
  const { cache } = bed();
  await expect(cache.get('')).rejects.toSatisfy((e) => isCachectlError(e, 'BAD_USAGE'));
  await expect(cache.getOrLoad([], () => 1)).rejects.toSatisfy((e) => isCachectlError(e, 'BAD_USAGE'));
});

test('after close every call fails with CLOSED', async () => {
  const { cache } = bed();
  await cache.close();
  await expect(cache.get('a')).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
  await expect(cache.getOrLoad('a', () => 1)).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
  await expect(cache.set('a', 1)).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
});
