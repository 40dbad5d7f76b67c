import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCache } from '../../../src/engine/index.ts';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { PatternKeys } from '../../../src/workload/pattern-keys.ts';

test('fills the first parameter with the index, and every other with its last digit', () => {
  const keys = new PatternKeys('inventory:{product_id}:{warehouse_id}');
  expect([keys.of(0), keys.of(4711)]).toEqual(['inventory:0:0', 'inventory:4711:1']);
  expect(keys.fieldsOf(4711)).toEqual({ product_id: '4711', warehouse_id: '1' });
  expect(new PatternKeys('{a}x{b}').of(12)).toBe('12x2');
});

test('no two indexes have one key', () => {
  const keys = new PatternKeys('a:{x}:{y}:{z}');
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (a, b) => {
      expect(keys.of(a) === keys.of(b)).toBe(a === b);
    }),
  );
});

test('an event with the fields of a key invalidates that key in an engine that has its policy', async () => {
  const key = 'inventory:{product_id}:{warehouse_id}';
  const cache = createCache({
    namespace: 'test',
    tiers: [openMemory()],
    policies: { inventory: { key, on: ['stock.changed'] } },
  });
  const keys = new PatternKeys(key);
  await cache.set(keys.of(12), 'old');
  await cache.set(keys.of(13), 'other');
  await cache.events.emit('stock.changed', keys.fieldsOf(12));
  expect([await cache.get(keys.of(12)), await cache.get(keys.of(13))]).toEqual([undefined, 'other']);
  await cache.close();
});
