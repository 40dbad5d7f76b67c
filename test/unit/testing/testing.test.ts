import { describe, expect, test } from 'vitest';
import type { Cache, Resolved } from '../../../src/engine/cache.ts';
import { type Key, keyString } from '../../../src/engine/keys.ts';
import {
  assertCacheHit,
  assertCacheMiss,
  chaosBackend,
  chaosBus,
  chaosTier,
  fakeClock,
  sharedServer,
} from '../../../src/testing/testing.ts';

/** What the assertions use of a cache. */
function cacheWith(
  entries: Readonly<Record<string, { value: unknown; source: string }>>,
): Pick<Cache, 'namespace' | 'resolve'> {
  return {
    namespace: 'shop',
    resolve: async <T>(key: Key): Promise<Resolved<T>> => {
      const { value, source } = entries[keyString(key)] ?? {};
      return { value: value as T | undefined, source, stale: undefined };
    },
  };
}

const cache = cacheWith({
  'price:1': { value: { cents: 100 }, source: 'l1' },
  nothing: { value: null, source: 'redis' },
});

describe('assertions', () => {
  test('a hit is given back', async () => {
    expect(await assertCacheHit(cache, 'price:1')).toEqual({ cents: 100 });
    expect(await assertCacheHit(cache, 'price:1', 'l1')).toEqual({ cents: 100 });
    expect(await assertCacheHit(cache, 'nothing')).toBeNull();
    await assertCacheMiss(cache, 'price:2');
  });

  test('a miss is told with key and namespace', async () => {
    await expect(assertCacheHit(cache, 'price:2')).rejects.toMatchObject({
      name: 'AssertionError',
      message: "expected a hit for 'price:2' of namespace 'shop', got a miss",
    });
    await expect(assertCacheHit(cache, ['price', 2], 'l1')).rejects.toThrow(
      "expected a hit in l1 for 'price:2' of namespace 'shop', got a miss",
    );
  });

  test('a hit elsewhere, or one that should not be, is told with value and tier', async () => {
    await expect(assertCacheHit(cache, 'price:1', 'redis')).rejects.toMatchObject({
      message: "expected a hit in redis for 'price:1' of namespace 'shop', got a hit in l1: { cents: 100 }",
      expected: 'redis',
      actual: 'l1',
    });
    await expect(assertCacheMiss(cache, 'nothing')).rejects.toThrow(
      "expected a miss for 'nothing' of namespace 'shop', got a hit in redis: null",
    );
  });

  test('an error points to where it was asserted', async () => {
    const error = await assertCacheMiss(cache, 'nothing').catch((e: unknown) => e as Error);
    expect(String((error as Error).stack)).toContain('testing.test.ts');
  });
});

describe('a server in this process', () => {
  test('is shared by all who connect, and each has faults of his own', async () => {
    const clock = fakeClock();
    const connect = sharedServer({ clock });
    const near = chaosBackend(connect(), { clock });
    const far = chaosBackend(connect(), { clock });
    await near.tier.set('a', Uint8Array.of(1), 1000);
    expect((await far.tier.get('a'))?.value).toEqual(Uint8Array.of(1));
    near.line.inject({ state: 'down' });
    await expect(near.tier.get('a')).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await expect(near.openLedger?.('n').read([])).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(await far.tier.get('a')).toBeDefined();
    await clock.advance(1000);
    expect(await far.tier.get('a')).toBeUndefined();
  });

  test('has a bus that can be broken', async () => {
    const near = chaosBackend(sharedServer()());
    const bus = near.openBus?.('c');
    const heard: number[] = [];
    await bus?.subscribe({ onMessage: (message) => heard.push(message[0] ?? -1) });
    near.buses[0]?.inject({ dropRate: 1 });
    await bus?.publish(Uint8Array.of(1));
    near.buses[0]?.heal();
    await bus?.publish(Uint8Array.of(2));
    await Promise.resolve();
    expect(heard).toEqual([2]);
  });

  test('a tier or a bus alone can have faults too, the same for the same seed', async () => {
    const outcomes = async (seed: number): Promise<string> => {
      const tier = chaosTier(sharedServer()().tier, { seed });
      tier.line.inject({ errorRate: 0.5 });
      const calls = await Promise.allSettled(Array.from({ length: 32 }, () => tier.get('a')));
      return calls.map(({ status }) => status).join();
    };
    expect(await outcomes(1)).toBe(await outcomes(1));
    expect(await outcomes(1)).not.toBe(await outcomes(2));
    const inner = sharedServer()().openBus?.('c');
    if (inner === undefined) throw new Error('a shared server has a bus');
    const bus = chaosBus(inner);
    bus.inject({ state: 'down' });
    await expect(bus.publish(Uint8Array.of(1))).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });
});
