import { describe, expect, test } from 'vitest';
import type { Cache } from '../../../src/engine/index.ts';
import { openInstances } from '../../support/instances.ts';
import { gate } from '../../support/tiers.ts';

async function two(options: Parameters<typeof openInstances>[1] = {}) {
  const bed = await openInstances(2, options);
  const [a, b] = bed.caches as [Cache, Cache];
  return { ...bed, a, b };
}

describe('a cold key', () => {
  test('is loaded once by all instances', async () => {
    const { clock, caches, close } = await openInstances(8);
    const held = gate();
    let loads = 0;
    const load = async (): Promise<number> => {
      loads++;
      await held.opened;
      return loads;
    };
    const reads = caches.flatMap((cache) => Array.from({ length: 50 }, () => cache.getOrLoad('cold', load)));
    await clock.advance(1000);
    expect(loads).toBe(1);
    held.open();
    await clock.advance(200);
    expect(new Set(await Promise.all(reads))).toEqual(new Set([1]));
    expect(loads).toBe(1);
    await close();
  });

  test('the lease is kept while loading takes longer than it lasts', async () => {
    const { a, b, clock, close } = await two({ lease: { ttl: '1s', wait: '1m' } });
    const held = gate();
    let loads = 0;
    const load = async (): Promise<string> => {
      loads++;
      await held.opened;
      return 'v';
    };
    const reads = [a.getOrLoad('k', load), b.getOrLoad('k', load)];
    await clock.advance(10_000);
    expect(loads).toBe(1);
    held.open();
    await clock.advance(100);
    expect(await Promise.all(reads)).toEqual(['v', 'v']);
    await close();
  });

  test('many keys that another process loads are waited for without a warning of the runtime', async () => {
    const { a, b, clock, close } = await two();
    const warnings: string[] = [];
    const hear = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', hear);
    const held = gate();
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
    const read = (cache: Cache): Promise<string>[] =>
      keys.map((key) => cache.getOrLoad(key, async () => (await held.opened, key)));
    const first = read(a);
    await clock.advance(1);
    const second = read(b);
    await clock.advance(100);
    held.open();
    await clock.advance(200);
    expect(await Promise.all([...first, ...second])).toEqual([...keys, ...keys]);
    process.off('warning', hear);
    expect(warnings).toEqual([]);
    await close();
  });

  test('who waited long enough loads itself', async () => {
    const { a, b, clock, close } = await two({ lease: { ttl: '1s', wait: '2s' } });
    const never = a.getOrLoad('k', () => new Promise<string>(() => {}));
    never.catch(() => {});
    await clock.advance(1);
    const read = b.getOrLoad('k', () => 'own');
    await clock.advance(2100);
    expect(await read).toBe('own');
    await close();
  });

  test('an error is told to all, and the origin is asked once in a back-off window by all of them', async () => {
    const { a, b, clock, close } = await two();
    let calls = 0;
    const fail = async (): Promise<string> => {
      calls++;
      throw new Error('origin down');
    };
    const reads = [a, b].flatMap((cache) => Array.from({ length: 100 }, () => cache.getOrLoad('k', fail)));
    const outcomes = Promise.allSettled(reads);
    await clock.advance(100);
    for (const outcome of await outcomes) {
      expect(outcome.status).toBe('rejected');
      expect(String((outcome as PromiseRejectedResult).reason)).toContain('origin down');
    }
    expect(calls).toBe(1);
    await clock.advance(1000);
    await expect(b.getOrLoad('k', fail)).rejects.toThrow('origin down');
    expect(calls).toBe(2);
    await close();
  });
});

describe('an invalidation by one instance', () => {
  test('of a key is heard by the other', async () => {
    const { a, b, clock, close } = await two();
    await a.set('k', 'old');
    expect(await b.get('k')).toBe('old');
    expect(b.peek('k')).toBe('old');
    await a.delete('k');
    await clock.advance(1);
    expect(b.peek('k')).toBeUndefined();
    expect(await b.get('k')).toBeUndefined();
    await close();
  });

  test('refuses what the other began to load before it', async () => {
    const { a, b, clock, close } = await two();
    const held = gate();
    const old = b.getOrLoad('k', async () => {
      await held.opened;
      return 'old';
    });
    await clock.advance(1);
    await a.delete('k');
    await clock.advance(1);
    const fresh = b.getOrLoad('k', () => 'new');
    await clock.advance(1);
    held.open();
    await clock.advance(100);
    expect(await old).toBe('old');
    expect(await fresh).toBe('new');
    expect([await a.get('k'), await b.get('k')]).toEqual(['new', 'new']);
    expect(b.counts().fenced).toBeGreaterThan(0);
    await close();
  });

  test('of a tag, a pattern, everything', async () => {
    const { a, b, clock, close } = await two();
    const fill = async (): Promise<void> => {
      await a.set('product:1', 1, { tags: ['red', 'big'] });
      await a.set('product:2', 2, { tags: ['blue'] });
      await a.set('customer:1', 3);
      expect(await b.getMany(['product:1', 'product:2', 'customer:1'])).toEqual([1, 2, 3]);
    };
    const left = async (): Promise<unknown[]> => {
      await clock.advance(1);
      const keys = ['product:1', 'product:2', 'customer:1'];
      const seen = await b.getMany(keys);
      expect(await a.getMany(keys)).toEqual(seen);
      return seen;
    };
    await fill();
    await a.invalidate({ tags: ['red'] });
    expect(await left()).toEqual([undefined, 2, 3]);
    await fill();
    await a.invalidate({ patterns: ['product:*'] });
    expect(await left()).toEqual([undefined, undefined, 3]);
    await fill();
    await a.clear();
    expect(await left()).toEqual([undefined, undefined, undefined]);
    await fill();
    expect(await left()).toEqual([1, 2, 3]);
    await close();
  });

  test('of a tag refuses what the other began to load before it', async () => {
    const { a, b, clock, close } = await two();
    const held = gate();
    const old = b.getOrLoad('k', async () => (await held.opened, 'old'), { tags: ['t'] });
    await clock.advance(1);
    await a.invalidate({ tags: ['t'] });
    held.open();
    await clock.advance(1);
    await old;
    expect(await b.get('k')).toBeUndefined();
    expect(await a.get('k')).toBeUndefined();
    await close();
  });

  test('a tag that the loader adds counts from before the load', async () => {
    const { a, b, clock, close } = await two();
    const held = gate();
    await a.invalidate({ tags: ['late'] });
    const old = b.getOrLoad('k', async (context) => {
      await held.opened;
      context.addTags('late');
      return 'old';
    });
    await clock.advance(1);
    await a.invalidate({ tags: ['late'] });
    held.open();
    await clock.advance(1);
    await old;
    expect(await b.get('k')).toBeUndefined();
    await b.getOrLoad('k', (context) => (context.addTags('late'), 'new'));
    expect(await a.get('k')).toBe('new');
    await close();
  });
});

describe('write', () => {
  test('data first, then all instances have the new value', async () => {
    const { a, b, clock, close } = await two();
    await a.set('k', 'old');
    expect(await b.get('k')).toBe('old');
    const saved: string[] = [];
    await a.write('k', 'new', (value) => void saved.push(value));
    await clock.advance(1);
    expect(saved).toEqual(['new']);
    expect([await a.get('k'), await b.get('k')]).toEqual(['new', 'new']);
    await close();
  });

  test('what was loaded while the data changed is not kept', async () => {
    const { a, b, clock, close } = await two();
    let stored = 'old';
    const committed = gate();
    const writing = a.write('k', 'new', async () => {
      await committed.opened;
      stored = 'new';
    });
    await clock.advance(1);
    const read = b.getOrLoad('k', () => stored);
    await clock.advance(200);
    committed.open();
    await writing;
    await clock.advance(200);
    expect(['old', 'new']).toContain(await read);
    expect(await b.get('k')).toBe('new');
    await close();
  });

  test('two writers at once leave no value that the data does not have', async () => {
    const { a, b, clock, close } = await two();
    let stored = '';
    const first = gate();
    const one = a.write('k', 'one', async () => {
      await first.opened;
      stored = 'one';
    });
    await clock.advance(1);
    const other = b.write('k', 'other', () => {
      stored = 'other';
    });
    await other;
    first.open();
    await one;
    await clock.advance(1);
    const seen = await b.get('k');
    expect([undefined, stored]).toContain(seen);
    expect([undefined, stored]).toContain(await a.get('k'));
    await close();
  });

  test('when saving fails the cache holds nothing', async () => {
    const { a, b, clock, close } = await two();
    await a.set('k', 'old');
    await expect(a.write('k', 'new', () => Promise.reject(new Error('constraint')))).rejects.toThrow(
      'constraint',
    );
    await clock.advance(1);
    expect(await b.get('k')).toBeUndefined();
    await close();
  });

  test('around: the data only', async () => {
    const { a, b, clock, close } = await two({
      policies: { p: { key: 'p:{id}', strategy: 'write-around' } },
    });
    await a.set('p:1', 'old');
    await a.write('p:1', 'new', () => {});
    await clock.advance(1);
    expect(await b.get('p:1')).toBeUndefined();
    await close();
  });
});

describe('everything ends', () => {
  test('and nothing is left under way', async () => {
    const { a, b, clock, close } = await two();
    const work = Promise.allSettled([
      a.getOrLoad('k', () => 'v'),
      b.getOrLoad('k', () => 'v'),
      a.getOrLoadMany(['x', 'y', 'k'], (keys) => keys.map(() => 1)),
      a.write('w', 1, () => {}),
      b.getOrLoad('f', () => Promise.reject(new Error('no'))),
    ]);
    await clock.advance(5000);
    await work;
    for (const cache of [a, b])
      expect(Object.values(cache.underWay()).every((count) => count === 0)).toBe(true);
    await close();
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
