import { expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { MemoryStore } from '../../../src/backends/memory/store.ts';
import { ManualClock } from '../../../src/base/clock.ts';

test('holds no more entries and bytes than it may, and counts what it drops', () => {
  const store = new MemoryStore({ maxEntries: 100, maxBytes: 50_000 }, new ManualClock());
  for (let i = 0; i < 1000; i++) {
    store.write(`key ${i}`, new Uint8Array(300));
    expect(store.entries).toBeLessThanOrEqual(100);
    expect(store.usedBytes).toBeLessThanOrEqual(50_000);
  }
  expect(store.evictions).toBe(1000 - store.entries);
  expect(store.read('key 999')).toBeDefined();
  expect(store.read('key 0')).toBeUndefined();
});

test('what is read stays, what is not goes first', () => {
  const store = new MemoryStore({ maxEntries: 3 }, new ManualClock());
  for (const key of ['a', 'b', 'c']) store.write(key, new Uint8Array(1));
  store.read('a');
  store.write('d', new Uint8Array(1));
  expect(['a', 'b', 'c', 'd'].filter((key) => store.read(key) !== undefined)).toEqual(['a', 'c', 'd']);
});

test('a value alone over the bound is not stored, and takes an older one with it', () => {
  const store = new MemoryStore({ maxBytes: 1000 }, new ManualClock());
  expect(store.write('a', new Uint8Array(100))).toBe(true);
  expect(store.write('a', new Uint8Array(2000))).toBe(false);
  expect(store.read('a')).toBeUndefined();
});

test('a small part of a large buffer does not keep the buffer alive', async () => {
  const { tier } = openMemory();
  const chunk = new Uint8Array(64 * 1024).fill(7);
  await tier.set('a', chunk.subarray(100, 200));
  const value = (await tier.get('a'))?.value;
  expect(value).toEqual(new Uint8Array(100).fill(7));
  expect(value?.buffer.byteLength).toBe(100);
});
