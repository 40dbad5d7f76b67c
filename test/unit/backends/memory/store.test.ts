import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVICTION_POLICIES, type EvictionName } from '../../../../src/backends/memory/eviction/registry.ts';
import { openMemory } from '../../../../src/backends/memory/open.ts';
import { MemoryStore } from '../../../../src/backends/memory/store.ts';
import { ManualClock } from '../../../../src/base/clock.ts';

const POLICIES = Object.keys(EVICTION_POLICIES) as EvictionName[];

/** What the store counts for an entry besides its key and value: told by an entry that has neither in any length. */
const OVERHEAD = (() => {
  const store = new MemoryStore({}, new ManualClock());
  store.write('', new Uint8Array(0));
  return store.usedBytes;
})();

type Step =
  | { readonly do: 'write'; readonly key: string; readonly bytes: number; readonly ttlMs: number | undefined }
  | { readonly do: 'read'; readonly key: string }
  | { readonly do: 'drop'; readonly key: string }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'dropPrefix'; readonly prefix: string };

const key = fc.integer({ min: 0, max: 30 }).map((i) => `k${i}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      key,
      bytes: fc.integer({ min: 0, max: 700 }),
      ttlMs: fc.option(fc.integer({ min: -1, max: 20 }), { nil: undefined }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 10 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('dropPrefix' as const), prefix: fc.constantFrom('k1', 'k2') }),
  },
);

interface Kept {
  readonly value: Uint8Array;
  readonly expiresAt: number;
}

/** A store, and all that it may know: everything that was written and not dropped since, evicted or not. */
class Checked {
  readonly #clock = new ManualClock();
  readonly #store: MemoryStore;
  readonly #bounds: { readonly maxEntries: number; readonly maxBytes: number };
  readonly #written = new Map<string, Kept>();
  #ended = 0;
  #came = 0;

  constructor(eviction: EvictionName, bounds: { readonly maxEntries: number; readonly maxBytes: number }) {
    this.#bounds = bounds;
    this.#store = new MemoryStore({ ...bounds, eviction }, this.#clock);
  }

  async take(next: Step): Promise<void> {
    const store = this.#store;
    const before = store.entries;
    if (next.do === 'write') this.#write(next.key, next.bytes, next.ttlMs);
    else if (next.do === 'read') this.#read(next.key);
    else if (next.do === 'drop') {
      const live = this.#isLive(next.key);
      const dropped = store.drop(next.key);
      if (dropped) expect(live).toBe(true);
      this.#written.delete(next.key);
      expect(store.read(next.key)).toBeUndefined();
      this.#ended += dropped ? 1 : 0;
    } else if (next.do === 'pass') await this.#clock.advance(next.ms);
    else {
      const dropped = store.dropPrefix(next.prefix);
      for (const known of [...this.#written.keys()]) {
        if (known.startsWith(next.prefix)) this.#written.delete(known);
      }
      expect(dropped).toBeLessThanOrEqual(before);
      this.#ended += dropped;
    }
    expect(store.entries).toBeLessThanOrEqual(this.#bounds.maxEntries);
    expect(store.usedBytes).toBeLessThanOrEqual(this.#bounds.maxBytes);
    expect(store.entries).toBe(this.#came - this.#ended - store.evictions - store.expirations);
  }

  /** Reads everything: what is there adds up to the bytes that are counted. */
  end(): void {
    let bytes = 0;
    let entries = 0;
    for (const name of this.#written.keys()) {
      const kept = this.#read(name);
      if (kept === undefined) continue;
      entries++;
      bytes += OVERHEAD + name.length + kept.byteLength;
    }
    expect({ entries, bytes }).toEqual({ entries: this.#store.entries, bytes: this.#store.usedBytes });
    for (const name of this.#written.keys()) this.#store.drop(name);
    expect([this.#store.entries, this.#store.usedBytes]).toEqual([0, 0]);
  }

  #write(name: string, bytes: number, ttlMs: number | undefined): void {
    const store = this.#store;
    const value = new Uint8Array(bytes).fill(bytes % 251);
    const { entries, evictions, expirations } = store;
    const fits = OVERHEAD + name.length + bytes <= this.#bounds.maxBytes;
    expect(store.write(name, value, ttlMs)).toBe(fits);
    const isGone = !fits || (ttlMs !== undefined && ttlMs <= 0);
    const gone = store.evictions - evictions + store.expirations - expirations;
    if (isGone) {
      this.#written.delete(name);
      this.#ended += entries - store.entries - gone;
    } else {
      const expiresAt = ttlMs === undefined ? Infinity : this.#clock.nowMs() + ttlMs;
      this.#written.set(name, { value, expiresAt });
      this.#came += store.entries - entries + gone;
    }
  }

  #read(name: string): Uint8Array | undefined {
    const slot = this.#store.read(name);
    if (slot === undefined) return undefined;
    expect(this.#isLive(name)).toBe(true);
    expect(slot.value).toBe(this.#written.get(name)?.value);
    return slot.value;
  }

  #isLive(name: string): boolean {
    return (this.#written.get(name)?.expiresAt ?? -Infinity) > this.#clock.nowMs();
  }
}

describe.each(POLICIES)('%s', (eviction) => {
  test('keeps both bounds after every step, and hands out nothing wrong, expired or dropped', async () => {
    const bounds = fc.record({
      maxEntries: fc.integer({ min: 1, max: 20 }),
      maxBytes: fc.integer({ min: 600, max: 8000 }),
    });
    await fc.assert(
      fc.asyncProperty(bounds, fc.array(step, { maxLength: 300, size: 'max' }), async (within, steps) => {
        const checked = new Checked(eviction, within);
        for (const next of steps) await checked.take(next);
        checked.end();
      }),
      { numRuns: 30 },
    );
  });

  test('never drops what has just been written, when entries are of one size', () => {
    for (const maxEntries of [1, 2, 3, 10, 100]) {
      const store = new MemoryStore({ maxEntries, eviction }, new ManualClock());
      for (let i = 0; i < 500; i++) {
        store.write(`key ${i}`, new Uint8Array(1));
        expect(store.read(`key ${i}`)).toBeDefined();
        store.read(`key ${i % 7}`);
      }
    }
  });

  test('what has expired goes before what has not, and is no eviction', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ maxEntries: 10, eviction }, clock);
    for (let i = 0; i < 10; i++) store.write(`old ${i}`, new Uint8Array(1), 1000);
    for (let i = 0; i < 10; i++) store.read(`old ${i}`);
    await clock.advance(1000);
    for (let i = 0; i < 10; i++) store.write(`new ${i}`, new Uint8Array(1));
    expect([store.evictions, store.expirations, store.entries]).toEqual([0, 10, 10]);
  });

  test('a use that was noted before its entry went counts for no other entry', () => {
    const store = new MemoryStore({ maxEntries: 4, eviction }, new ManualClock());
    for (const name of ['a', 'b', 'c', 'd']) store.write(name, new Uint8Array(1));
    store.read('d');
    store.drop('d');
    store.write('e', new Uint8Array(1));
    store.write('f', new Uint8Array(1));
    expect(store.entries).toBe(4);
    store.clear();
    expect([store.entries, store.usedBytes, store.read('a')]).toEqual([0, 0, undefined]);
    store.write('a', new Uint8Array(1));
    expect(store.read('a')).toBeDefined();
  });
});

test('the least recently used entry goes first under lru', () => {
  const store = new MemoryStore({ maxEntries: 3, eviction: 'lru' }, new ManualClock());
  for (const name of ['a', 'b', 'c']) store.write(name, new Uint8Array(1));
  store.read('a');
  store.write('b', new Uint8Array(2));
  store.write('d', new Uint8Array(1));
  expect(['a', 'b', 'c', 'd'].filter((name) => store.read(name) !== undefined)).toEqual(['a', 'b', 'd']);
});

test('a value alone over the bound is not stored, and takes an older one with it', () => {
  const store = new MemoryStore({ maxBytes: 1000 }, new ManualClock());
  expect(store.write('a', new Uint8Array(100))).toBe(true);
  expect(store.write('a', new Uint8Array(2000))).toBe(false);
  expect(store.read('a')).toBeUndefined();
});

test('the memo is kept with the entry; one of an overwritten value does not reach the new one', () => {
  const store = new MemoryStore({}, new ManualClock());
  store.write('a', new Uint8Array(1), undefined, 'decoded');
  const old = store.read('a');
  expect(old?.memo).toBe('decoded');
  store.write('a', new Uint8Array(2));
  if (old !== undefined) old.memo = 'late';
  expect(store.read('a')?.memo).toBeUndefined();
});

test('the time that an entry has left', async () => {
  const clock = new ManualClock();
  const store = new MemoryStore({}, clock);
  store.write('a', new Uint8Array(1), 100);
  store.write('b', new Uint8Array(1));
  await clock.advance(30);
  expect([store.read('a')?.ttlMs, store.read('b')?.ttlMs]).toEqual([70, undefined]);
});

test.each([{ maxEntries: 0 }, { maxEntries: Number.NaN }, { maxBytes: 0 }, { maxBytes: -1 }])(
  'refuses the bounds %o',
  (bounds) => {
    expect(() => openMemory(bounds)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
  },
);

test('an unknown policy is refused, the known ones are named, the nearest first', () => {
  expect(() => openMemory({ eviction: 'seive' as EvictionName })).toThrow(
    expect.objectContaining({
      code: 'BAD_USAGE',
      message: "unknown eviction policy 'seive', did you mean 'sieve'?",
      hint: 'known: sieve, lru, fifo, s3-fifo, w-tinylfu',
    }),
  );
  expect(() => openMemory({ eviction: 'toString' as EvictionName })).toThrow(/unknown eviction policy/);
});

test('a small part of a large buffer does not keep the buffer alive', async () => {
  const { tier } = openMemory();
  const chunk = new Uint8Array(64 * 1024).fill(7);
  await tier.set('a', chunk.subarray(100, 200));
  const value = (await tier.get('a'))?.value;
  expect(value).toEqual(new Uint8Array(100).fill(7));
  expect(value?.buffer.byteLength).toBe(100);
});
