import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { openMemory } from '../../../../src/engine/index.ts';
import { openTrace } from '../../../../src/workload/traces/trace.ts';
import {
  type ReferenceBounds,
  type ReferenceCache,
  ReferenceFifo,
  ReferenceLru,
} from '../../../support/reference-caches.ts';

const REFERENCES: Readonly<Record<'lru' | 'fifo', new (bounds: ReferenceBounds) => ReferenceCache>> = {
  lru: ReferenceLru,
  fifo: ReferenceFifo,
};

/** From 0 to 700 bytes, the same for the same key. */
const valueBytes = (key: string): number => (Number(key) * 7919) % 701;

async function keysOf(name: string): Promise<string[]> {
  const keys: string[] = [];
  const path = new URL(`../../../data/traces/${name}`, import.meta.url).pathname;
  for await (const batch of (await openTrace(path)).read()) {
    for (let i = 0; i < batch.length; i++) keys.push(batch.keyAt(i));
  }
  return keys;
}

/** What the store takes for an entry besides its key and value. */
async function overheadBytes(): Promise<number> {
  const backend = openMemory({ clock: new ManualClock() });
  const { tier } = backend;
  await tier.set('12345', new Uint8Array(100));
  const { usedBytes = 0 } = await tier.stats();
  await backend.close();
  return usedBytes - 105;
}

describe.each(['gli.gz', 'multi3.gz', 'sprite.gz'])('%s', (name) => {
  test.each([
    ['lru', { maxEntries: 500 }],
    ['lru', { maxBytes: 300_000 }],
    ['fifo', { maxEntries: 500 }],
    ['fifo', { maxBytes: 300_000 }],
    ['lru', { maxEntries: 500, maxBytes: 250_000 }],
  ] as const)('%s within %o hits where the reference does, request for request', async (eviction, given) => {
    const bounds = { maxEntries: Infinity, maxBytes: Infinity, ...given };
    const [keys, overhead] = await Promise.all([keysOf(name), overheadBytes()]);
    const reference = new REFERENCES[eviction](bounds);
    const backend = openMemory({ ...bounds, eviction, clock: new ManualClock() });
    const { tier } = backend;
    const found = new Uint8Array(keys.length);
    const expected = new Uint8Array(keys.length);
    for (const [i, key] of keys.entries()) {
      const size = valueBytes(key);
      if ((await tier.get(key)) === undefined) await tier.set(key, new Uint8Array(size));
      else found[i] = 1;
      if (reference.request(key, overhead + key.length + size)) expected[i] = 1;
    }
    await backend.close();
    const hits = expected.reduce((sum, hit) => sum + hit, 0);
    expect(hits).toBeGreaterThan(50);
    expect(hits).toBeLessThan(keys.length);
    expect(found.findIndex((hit, i) => hit !== expected[i])).toBe(-1);
  });
});

test('loop: around and around a loop that is larger, neither finds anything', async () => {
  const keys = await keysOf('loop.gz');
  for (const Reference of Object.values(REFERENCES)) {
    const reference = new Reference({ maxEntries: 1000, maxBytes: Infinity });
    expect(keys.filter((key) => reference.request(key, 1))).toEqual([]);
  }
});
