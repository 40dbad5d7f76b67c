import { describe, expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { isCachectlError } from '../../../src/base/errors.ts';
import { type Cache, createCache } from '../../../src/engine/index.ts';
import { gate, remoteTier, type RemoteTier } from '../../support/tiers.ts';

function bed(): { clock: ManualClock; l2: RemoteTier; cache: Cache } {
  const clock = new ManualClock();
  const l2 = remoteTier('redis', clock);
  const tiers = [{ tier: openMemory({ clock }).tier, ttl: '1m' }, l2];
  return { clock, l2, cache: createCache({ namespace: 'n', tiers, clock }) };
}

describe('getOrLoad', () => {
  test('loads once, stores everywhere, and counts', async () => {
    const { cache, l2 } = bed();
    let loads = 0;
    const load = (): number => ++loads;
    expect(await cache.getOrLoad('a', load, { ttl: '10s' })).toBe(1);
    expect(await cache.getOrLoad('a', load)).toBe(1);
    expect((await l2.get('n:a', { withTtl: true }))?.ttlMs).toBe(10_000);
    expect(cache.counts()).toMatchObject({ hits: 1, misses: 1, loads: 1, loadErrors: 0 });
  });

  test('callers at once share one load, whatever it ends with', async () => {
    const { cache, clock } = bed();
    const held = gate();
    let loads = 0;
    const load = async (): Promise<string> => {
      loads++;
      await held.opened;
      throw new Error('origin down');
    };
    const callers = Promise.allSettled(Array.from({ length: 50 }, () => cache.getOrLoad('a', load)));
    held.open();
    for (const outcome of await callers)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'origin down' } });
    expect(loads).toBe(1);
    expect(cache.counts().loadErrors).toBe(1);
    await clock.advance(1001);
    expect(await cache.getOrLoad('a', () => 'recovered')).toBe('recovered');
  });

  test('undefined is handed out but not stored; null is stored', async () => {
    const { cache } = bed();
    expect(await cache.getOrLoad('a', () => undefined)).toBeUndefined();
    expect(await cache.getOrLoad('a', () => null)).toBeNull();
    expect(await cache.getOrLoad('a', () => 'never')).toBeNull();
  });

  test('a miss gives what a hit would give', async () => {
    const { cache } = bed();
    const loaded = await cache.getOrLoad<unknown>('a', () => ({ when: new Date(0) }));
    expect(loaded).toEqual({ when: '1970-01-01T00:00:00.000Z' });
    expect(await cache.get('a')).toEqual(loaded);
  });

  test('a delete while a load is in flight: its value is not stored, and who comes later loads anew', async () => {
    const { cache, l2 } = bed();
    const held = gate();
    const old = cache.getOrLoad('a', async () => {
      await held.opened;
      return 'old';
    });
    await new Promise(setImmediate);
    await cache.delete('a');
    const fresh = cache.getOrLoad('a', () => 'new');
    held.open();
    expect(await old).toBe('old');
    expect(await fresh).toBe('new');
    expect(await cache.get('a')).toBe('new');
    expect(Buffer.from((await l2.get('n:a'))?.value ?? []).toString()).toContain('new');
  });

  test('a delete while a lower tier answers: the old value does not come back into this process', async () => {
    const { cache, clock, l2 } = bed();
    await cache.set('a', 'old');
    await clock.advance(61_000);
    const answered = gate();
    const held = gate();
    l2.before = async (operation) => {
      if (operation !== 'get') return;
      answered.open();
    };
    const slowGet = l2.get.bind(l2);
    l2.get = async (key, options) => {
      const hit = await slowGet(key, options);
      await held.opened;
      return hit;
    };
    const read = cache.get('a');
    await answered.opened;
    await new Promise(setImmediate);
    await cache.delete('a');
    held.open();
    await read;
    await clock.advance(0);
    l2.get = slowGet;
    expect(cache.peek('a')).toBeUndefined();
    expect(await cache.get('a')).toBeUndefined();
  });

  test("a caller's signal ends its wait, not the load", async () => {
    const { cache } = bed();
    const held = gate();
    const stop = new AbortController();
    const load = async (): Promise<string> => {
      await held.opened;
      return 'v';
    };
    const impatient = cache.getOrLoad('a', load, { signal: stop.signal });
    const patient = cache.getOrLoad('a', load);
    stop.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    held.open();
    expect(await patient).toBe('v');
  });

  test('resolve tells where a value came from', async () => {
    const { cache, clock } = bed();
    expect(await cache.resolve('a')).toEqual({ value: undefined, source: undefined });
    expect(await cache.resolve('a', () => 'v')).toEqual({ value: 'v', source: 'loader' });
    expect(await cache.resolve('a', () => 'w')).toEqual({ value: 'v', source: 'l1' });
    await clock.advance(61_000);
    expect(await cache.resolve('a')).toEqual({ value: 'v', source: 'redis' });
    expect(await cache.resolve('b', () => undefined)).toEqual({ value: undefined, source: 'loader' });
    expect(cache.counts()).toMatchObject({ hits: 2, misses: 3, loads: 2 });
  });

  test('close aborts loads', async () => {
    const { cache } = bed();
    const load = cache.getOrLoad(
      'a',
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    await new Promise(setImmediate);
    await Promise.all([cache.close(), expect(load).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'))]);
  });
});

describe('writes', () => {
  test('a set that a tier missed rejects, and this process does not serve what others cannot see', async () => {
    const { cache, l2 } = bed();
    await cache.set('a', 'old');
    l2.before = () => {
      throw new Error('down');
    };
    await expect(cache.set('a', 'new')).rejects.toThrow('down');
    expect(cache.peek('a')).toBeUndefined();
    await expect(cache.delete('a')).rejects.toThrow('down');
  });

  test('delete tells whether there was an entry', async () => {
    const { cache } = bed();
    await cache.set('a', 1);
    expect(await cache.delete('a')).toBe(true);
    expect(await cache.delete('a')).toBe(false);
  });

  test('undefined and what the codec cannot hold are refused', async () => {
    const { cache } = bed();
    await expect(cache.set('a', undefined)).rejects.toThrow('undefined is no value');
    await expect(cache.set('a', 10n)).rejects.toThrow('cannot be stored as json');
  });
});

describe('batches', () => {
  test('one call a tier, in the order of the keys, with doubles', async () => {
    const { cache, clock, l2 } = bed();
    await cache.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: '5s' },
      { key: 'c', value: 3 },
    ]);
    await clock.advance(61_000);
    l2.calls.length = 0;
    expect(await cache.getMany(['c', 'b', 'a', 'none', 'a'])).toEqual([3, undefined, 1, undefined, 1]);
    expect(l2.calls.filter((call) => call.startsWith('get'))).toEqual(['getMany']);
    expect(await cache.deleteMany(['a', 'none'])).toBe(1);
  });

  test('getOrLoadMany loads what is missing with one call, and joins loads in flight', async () => {
    const { cache } = bed();
    await cache.set('a', 'A');
    const held = gate();
    const single = cache.getOrLoad('b', async () => {
      await held.opened;
      return 'B';
    });
    const asked: (readonly string[])[] = [];
    const many = cache.getOrLoadMany(['a', 'b', 'c', 'd', 'c'], (keys) => {
      asked.push(keys);
      return keys.map((key) => key.toUpperCase());
    });
    held.open();
    expect(await many).toEqual(['A', 'B', 'C', 'D', 'C']);
    expect(await single).toBe('B');
    expect(asked).toEqual([['c', 'd']]);
    expect(await cache.getMany(['c', 'd'])).toEqual(['C', 'D']);
  });

  test('a bulk loader with the wrong number of values is refused', async () => {
    const { cache } = bed();
    await expect(cache.getOrLoadMany(['a', 'b'], () => ['A'])).rejects.toThrow('1 values for 2 keys');
  });
});
