import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Change, tellBy } from '../../../src/bench/changes.ts';
import type { InvalidateBy } from '../../../src/config/engine-schema.ts';
import { type Cache, createCache, openMemory } from '../../../src/engine/index.ts';
import { keyName } from '../../../src/workload/key-names.ts';

const KEYS = 30;
let cache: Cache;
beforeEach(() => {
  cache = createCache({ namespace: 'changes', tiers: [openMemory({ name: 'l1', maxEntries: 1000 })] });
});
afterEach(() => cache.close());

/** All keys are cached; then one is changed. */
async function fillAndTell(way: InvalidateBy): Promise<Change> {
  const { change, tagsOf } = tellBy(way, cache, KEYS);
  for (let key = 0; key < KEYS; key++) await cache.set(keyName(key), 'old', { tags: tagsOf(key) });
  return change;
}

async function missing(): Promise<readonly number[]> {
  const values = await cache.getMany(Array.from({ length: KEYS }, (_, key) => keyName(key)));
  return values.flatMap((value, key) => (value === undefined ? [key] : []));
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

describe.each<readonly [InvalidateBy, readonly number[]]>([
  ['none', []],
  ['key', [14]],
  ['tag', range(10, 20)],
  ['pattern', range(10, 20)],
  ['cascade', range(10, 20)],
  ['namespace', range(0, KEYS)],
])('a change of one key, told by %s', (way, fallen) => {
  test('makes just these keys fall, when the data has been changed', async () => {
    const change = await fillAndTell(way);
    let saved = false;
    await change(14, async () => {
      expect((await missing()).filter((key) => !fallen.includes(key))).toEqual([]);
      saved = true;
    });
    expect(saved).toBe(true);
    expect(await missing()).toEqual(fallen);
  });

  test('that fails is told of', async () => {
    const change = await fillAndTell(way);
    await expect(change(14, () => Promise.reject(new Error('no such row')))).rejects.toThrow('no such row');
  });
});
