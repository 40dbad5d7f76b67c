import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { type Cache, createCache, type Key, warmKeys } from '../../../src/engine/index.ts';
import { openInstances } from '../../support/instances.ts';
import { gate, remoteTier, type RemoteTier } from '../../support/tiers.ts';

function bed(): { clock: ManualClock; l2: RemoteTier; cache: Cache; second: Cache } {
  const clock = new ManualClock();
  const l2 = remoteTier('redis', clock);
  const open = (): Cache => createCache({ namespace: 'n', tiers: [openMemory({ clock }).tier, l2], clock });
  return { clock, l2, cache: open(), second: open() };
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `k${i}`);
const upper = (keys: readonly string[]): string[] => keys.map((key) => key.toUpperCase());

test('every key is loaded once, in batches, and is in all tiers afterwards', async () => {
  const { cache, second, clock } = bed();
  const asked: number[] = [];
  const load = (keys: readonly string[]): string[] => {
    asked.push(keys.length);
    return upper(keys);
  };
  const counts = await warmKeys(cache, names(25), load, { batch: 10, concurrency: 2, clock });
  expect(counts).toEqual({ warmed: 25, present: 0, absent: 0, failed: 0 });
  expect(asked).toEqual([10, 10, 5]);
  expect(cache.peek('k24')).toBe('K24');
  expect(await second.get('k7')).toBe('K7');
});

test('what is there is not loaded again, and comes into the nearer tiers', async () => {
  const { cache, second, clock } = bed();
  await warmKeys(cache, names(20), upper, { batch: 7, clock });
  const asked: string[] = [];
  const counts = await warmKeys(
    second,
    names(22),
    (keys) => {
      asked.push(...keys);
      return upper(keys);
    },
    { batch: 7, clock },
  );
  expect(asked).toEqual(['k20', 'k21']);
  expect(counts).toEqual({ warmed: 2, present: 20, absent: 0, failed: 0 });
  expect(second.peek('k3')).toBe('K3');
});

test('a lifetime and tags are those of the entries', async () => {
  const { cache, l2, clock } = bed();
  await warmKeys(cache, ['a', 'b'], upper, { ttl: '10s', clock });
  expect((await l2.get('n:a', { withTtl: true }))?.ttlMs).toBe(10_000);
  const tagged = await openInstances(1);
  const [tagging] = tagged.caches as [Cache];
  await warmKeys(tagging, ['a', 'b'], upper, { tags: ['t'], clock: tagged.clock });
  await tagging.invalidate({ tags: ['t'] });
  expect(await tagging.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  await tagged.close();
});

test('keys that the loader has nothing for are told apart', async () => {
  const { cache, clock } = bed();
  const load = (keys: readonly string[]): (string | undefined)[] =>
    keys.map((key) => (key === 'k1' ? undefined : key));
  expect(await warmKeys(cache, names(3), load, { clock })).toEqual({
    warmed: 2,
    present: 0,
    absent: 1,
    failed: 0,
  });
});

test('a batch that fails is counted and told; the others go on', async () => {
  const { cache, clock } = bed();
  const told: unknown[] = [];
  const load = (keys: readonly string[]): string[] => {
    if (keys.includes('k3')) throw new Error('origin down');
    return upper(keys);
  };
  const onFailure = (keys: readonly Key[], error: unknown): void => {
    told.push([keys, (error as Error).message]);
  };
  const counts = await warmKeys(cache, names(6), load, { batch: 2, concurrency: 1, onFailure, clock });
  expect(counts).toEqual({ warmed: 4, present: 0, absent: 0, failed: 2 });
  expect(told).toEqual([[['k2', 'k3'], 'origin down']]);
});

describe('concurrency', () => {
  test('so many batches are under way, and no more are taken from the source', async () => {
    const { cache, clock } = bed();
    const held = gate();
    let taken = 0;
    let underWay = 0;
    let most = 0;
    function* source(): Generator<string> {
      for (const key of names(40)) {
        taken++;
        yield key;
      }
    }
    const load = async (keys: readonly string[]): Promise<string[]> => {
      most = Math.max(most, ++underWay);
      await held.opened;
      underWay--;
      return upper(keys);
    };
    const warming = warmKeys(cache, source(), load, { batch: 5, concurrency: 3, clock });
    await clock.advance(10);
    expect([underWay, taken]).toEqual([3, 15]);
    held.open();
    expect(await warming).toMatchObject({ warmed: 40 });
    expect(most).toBe(3);
  });

  test('an asynchronous source is never asked twice at once', async () => {
    const { cache, clock } = bed();
    let asking = 0;
    let most = 0;
    let left = 30;
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          most = Math.max(most, ++asking);
          await Promise.resolve();
          asking--;
          return left-- > 0 ? { done: false, value: `k${left}` } : { done: true, value: undefined };
        },
      }),
    };
    expect(await warmKeys(cache, source, upper, { batch: 4, clock })).toMatchObject({ warmed: 30 });
    expect(most).toBe(1);
  });
});

test('a rate is kept, whatever the concurrency', async () => {
  const { cache, clock } = bed();
  let warmed = 0;
  const warming = warmKeys(cache, names(100), upper, {
    batch: 10,
    rate: 100,
    concurrency: 4,
    clock,
    onProgress: (counts) => {
      warmed = counts.warmed;
    },
  });
  const seen: number[] = [];
  for (let at = 0; at < 10; at++) {
    await clock.advance(at === 0 ? 1 : 100);
    seen.push(warmed);
  }
  expect(seen).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(await warming).toMatchObject({ warmed: 100 });
});

describe('ends early', () => {
  test('by its signal: what is under way is awaited, and the source is closed', async () => {
    const { cache, clock } = bed();
    const abort = new AbortController();
    const held = gate();
    let isClosed = false;
    function* source(): Generator<string> {
      try {
        for (let i = 0; ; i++) yield `k${i}`;
      } finally {
        isClosed = true;
      }
    }
    const load = async (keys: readonly string[]): Promise<string[]> => {
      await held.opened;
      return upper(keys);
    };
    const options = { batch: 5, concurrency: 2, signal: abort.signal, clock };
    const warming = warmKeys(cache, source(), load, options);
    await clock.advance(1);
    abort.abort();
    held.open();
    expect(await warming).toEqual({ warmed: 10, present: 0, absent: 0, failed: 0 });
    expect(isClosed).toBe(true);
    expect(cache.peek('k9')).toBe('K9');
  });

  test('without waiting for its turn, when it is slow', async () => {
    const { cache, clock } = bed();
    const abort = new AbortController();
    const options = { batch: 10, rate: 1, signal: abort.signal, clock };
    const warming = warmKeys(cache, names(100), upper, options);
    await clock.advance(1);
    abort.abort();
    expect(await warming).toMatchObject({ warmed: 10 });
  });

  test('by a source that fails: its error is thrown when the others have ended', async () => {
    const { cache, clock } = bed();
    function* source(): Generator<string> {
      yield* names(4);
      throw new Error('the file is damaged');
    }
    const warming = warmKeys(cache, source(), upper, { batch: 2, concurrency: 3, clock });
    await expect(warming).rejects.toThrow('the file is damaged');
    expect(await cache.getMany(names(4))).toEqual(['K0', 'K1', 'K2', 'K3']);
  });
});

test.each([
  ['concurrency', { concurrency: 0 }],
  ['batch', { batch: 1.5 }],
  ['rate', { rate: 0 }],
] as const)('refuses a wrong %s', async (name, options) => {
  const { cache } = bed();
  await expect(warmKeys(cache, [], upper, options)).rejects.toMatchObject({
    code: 'BAD_USAGE',
    message: expect.stringContaining(name),
  });
});
