import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Cache, type CacheOptions, createCache, type LoadContext } from '../../../src/engine/index.ts';
import { gate } from '../../support/tiers.ts';

function bed(options: Partial<CacheOptions> = {}): { clock: ManualClock; cache: Cache } {
  const clock = new ManualClock();
  const cache = createCache({
    namespace: 'n',
    tiers: [openMemory({ clock }).tier],
    clock,
    random: seededRandom(1),
    ...options,
  });
  return { clock, cache };
}

/** Counts its calls; each gives the next number, or fails while `down`. */
function origin(): { load: () => Promise<number>; calls: number; down: boolean } {
  const self = {
    calls: 0,
    down: false,
    load: async (): Promise<number> => {
      self.calls++;
      if (self.down) throw new Error('origin down');
      return self.calls;
    },
  };
  return self;
}

describe('stale while revalidate', () => {
  test('the old value is served at once while one refresh runs, then the new one', async () => {
    const { cache, clock } = bed({ defaults: { staleWhileRevalidate: '10s' } });
    let calls = 0;
    const held = gate();
    const slow = async (): Promise<number> => {
      calls++;
      if (calls > 1) await held.opened;
      return calls;
    };
    expect(await cache.getOrLoad('a', slow, { ttl: '1m' })).toBe(1);
    await clock.advance(61_000);
    const reads = await Promise.all(
      Array.from({ length: 20 }, () => cache.getOrLoad('a', slow, { ttl: '1m' })),
    );
    expect(reads).toEqual(Array.from({ length: 20 }, () => 1));
    expect(await cache.resolve('a', slow)).toMatchObject({ value: 1, stale: 'while-revalidate' });
    expect(calls).toBe(2);
    held.open();
    await clock.advance(1);
    expect(await cache.resolve('a', slow)).toMatchObject({ value: 2, stale: undefined });
    expect(cache.counts().stale).toBeGreaterThanOrEqual(2);
  });

  test('beyond the window the value is loaded while the caller waits', async () => {
    const { cache, clock } = bed({ defaults: { staleWhileRevalidate: '10s' } });
    const source = origin();
    await cache.getOrLoad('a', source.load, { ttl: '1m' });
    await clock.advance(71_000);
    expect(await cache.getOrLoad('a', source.load)).toBe(2);
  });

  test('get never gives what expired', async () => {
    const { cache, clock } = bed({ defaults: { staleWhileRevalidate: '10s' } });
    await cache.set('a', 'old', { ttl: '1m' });
    await clock.advance(61_000);
    expect(await cache.get('a')).toBeUndefined();
    expect(cache.peek('a')).toBeUndefined();
  });
});

describe('stale if error', () => {
  test('while the origin is down the old value is served, and the origin asked once in each throttle window from the failure on', async () => {
    const { cache, clock } = bed({ defaults: { staleIfError: '1h', throttle: '5s' } });
    const source = origin();
    await cache.getOrLoad('a', source.load, { ttl: '1m' });
    await clock.advance(61_000);
    source.down = true;
    for (let second = 0; second < 60; second++) {
      expect(await cache.getOrLoad('a', source.load, { ttl: '1m' })).toBe(1);
      await clock.advance(1000);
    }
    // the first load, and one at the seconds 0, 5, 10, …
    expect(source.calls).toBe(1 + 12);
    source.down = false;
    await clock.advance(5000);
    expect(await cache.getOrLoad('a', source.load, { ttl: '1m' })).toBe(source.calls);
  });

  test('long after the expiry, too, the throttle counts from the failure, and memory serves the old value meanwhile', async () => {
    const { cache, clock } = bed({ defaults: { staleIfError: '1h', throttle: '5s', jitter: 1 } });
    const source = origin();
    await cache.set('a', 'old', { ttl: '1m' });
    source.down = true;
    await clock.advance(30 * 60_000);
    for (let window = 1; window <= 3; window++) {
      for (let second = 0; second < 5; second++) {
        expect(await cache.getOrLoad('a', source.load)).toBe('old');
        expect(cache.peek('a')).toBe('old');
        expect(source.calls).toBe(window);
        await clock.advance(1000);
      }
      expect(cache.peek('a')).toBeUndefined();
    }
    await cache.close();
  });

  test('the window counts from the expiry: failures do not make it longer', async () => {
    const { cache, clock } = bed({ defaults: { staleIfError: '10s', throttle: '1s', failureBackoff: 0 } });
    const source = origin();
    await cache.getOrLoad('a', source.load, { ttl: '1m' });
    source.down = true;
    await clock.advance(61_000);
    for (let second = 1; second < 10; second++) {
      expect(await cache.getOrLoad('a', source.load)).toBe(1);
      await clock.advance(1000);
    }
    await clock.advance(1000);
    await expect(cache.getOrLoad('a', source.load)).rejects.toThrow('origin down');
  });
});

describe('failing loads', () => {
  test('callers in the back-off window get the same error, without a call', async () => {
    const { cache, clock } = bed();
    const source = origin();
    source.down = true;
    const first = await cache.getOrLoad('a', source.load).catch((error: unknown) => error);
    expect(await cache.getOrLoad('a', source.load).catch((error: unknown) => error)).toBe(first);
    expect(source.calls).toBe(1);
    await clock.advance(1001);
    await cache.getOrLoad('a', source.load).catch(() => {});
    expect(source.calls).toBe(2);
    source.down = false;
    await cache.delete('a');
    expect(await cache.getOrLoad('a', source.load)).toBe(3);
  });
});

describe('timeouts of loaders', () => {
  test('soft: who has an old value gets it, and the load goes on', async () => {
    const { cache, clock } = bed({ defaults: { staleIfError: '1h', softTimeout: '50ms' } });
    await cache.getOrLoad('a', () => 'old', { ttl: '1m' });
    await clock.advance(61_000);
    const held = gate();
    const read = cache.resolve('a', async () => {
      await held.opened;
      return 'new';
    });
    await clock.advance(51);
    expect(await read).toMatchObject({ value: 'old', stale: 'soft-timeout' });
    held.open();
    await clock.advance(1);
    expect(await cache.get('a')).toBe('new');
  });

  test('hard: the loader is told to stop, callers get an error, and nobody waits for it any more', async () => {
    const { cache, clock } = bed({ defaults: { hardTimeout: '100ms', failureBackoff: 0 } });
    let context: LoadContext | undefined;
    const held = gate();
    const read = cache.getOrLoad('a', async (own) => {
      context = own;
      await held.opened;
      return 'late';
    });
    read.catch(() => {});
    await clock.advance(101);
    await expect(read).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(context?.signal.aborted).toBe(true);
    expect(await cache.getOrLoad('a', () => 'again')).toBe('again');
    held.open();
    await clock.advance(1);
    expect(await cache.get('a')).toBe('again');
  });
});

describe('what the loader says', () => {
  test('null has a lifetime of its own, skip stores nothing, setTtl and the stale value', async () => {
    const { cache, clock } = bed({ defaults: { negativeTtl: '2s', staleIfError: '1m' } });
    await cache.getOrLoad('none', () => null, { ttl: '1h' });
    await clock.advance(1999);
    expect(await cache.get('none')).toBeNull();
    await clock.advance(2);
    expect(await cache.get('none')).toBeUndefined();

    const skipped = await cache.getOrLoad('skipped', (context) => {
      context.skip();
      return 'only once';
    });
    expect(skipped).toBe('only once');
    expect(await cache.get('skipped')).toBeUndefined();

    await cache.getOrLoad('own', (context) => {
      context.setTtl('10s');
      return 'short';
    });
    await clock.advance(10_001);
    expect(await cache.get('own')).toBeUndefined();
    const seen = await cache.getOrLoad<unknown>('own', ({ stale }) => ({ before: stale }));
    expect(seen).toEqual({ before: 'short' });
  });
});

describe('early refresh', () => {
  test('near its end a value is refreshed in the background, and no caller ever waits', async () => {
    const { cache, clock } = bed({ defaults: { earlyRefresh: 1 } });
    let calls = 0;
    const load = async (): Promise<number> => {
      const call = ++calls;
      if (call === 1) await new Promise<void>((resolve) => void clock.setTimer(resolve, 1000));
      return call;
    };
    const first = cache.getOrLoad('a', load, { ttl: '60s' });
    await clock.advance(1000);
    expect(await first).toBe(1);
    await clock.advance(20_000);
    expect(await cache.getOrLoad('a', load, { ttl: '60s' })).toBe(1);
    expect(calls).toBe(1);
    let read = 1;
    for (let ms = 0; ms < 39_000 && calls === 1; ms += 100) {
      await clock.advance(100);
      read = await cache.getOrLoad('a', load, { ttl: '60s' });
    }
    expect(calls).toBe(2);
    expect(read).toBe(1);
    await clock.advance(1);
    expect(await cache.getOrLoad('a', load, { ttl: '60s' })).toBe(2);
  });
});

describe('jitter', () => {
  test('lifetimes differ by up to its share, and are never longer', async () => {
    const { cache, clock } = bed({ defaults: { jitter: 0.5 } });
    const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
    for (const key of keys) await cache.set(key, 'v', { ttl: '100s' });
    const left = async (): Promise<number> =>
      (await cache.getMany(keys)).filter((value) => value !== undefined).length;
    await clock.advance(49_000);
    expect(await left()).toBe(200);
    await clock.advance(26_000);
    expect(await left()).toBeGreaterThan(70);
    expect(await left()).toBeLessThan(130);
    await clock.advance(25_001);
    expect(await left()).toBe(0);
  });
});
