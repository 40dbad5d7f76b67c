import fc from 'fast-check';
import { ManualClock } from '../../../src/base/clock.ts';
import { describe, expect, test } from 'vitest';
import { Fence } from '../../../src/engine/fence.ts';
import { Flights } from '../../../src/engine/flights.ts';
import { Router } from '../../../src/engine/policies.ts';

describe('fence', () => {
  test('holds until the key is invalidated', () => {
    const fence = new Fence();
    const ticket = fence.enter();
    expect(fence.holds('a', ticket)).toBe(true);
    fence.invalidate('a');
    expect(fence.holds('a', ticket)).toBe(false);
    expect(fence.holds('b', ticket)).toBe(true);
    const later = fence.enter();
    expect(fence.holds('a', later)).toBe(true);
    fence.invalidateAll();
    expect(fence.holds('b', later)).toBe(false);
  });

  test('forgets towards the safe side when it remembers too much', () => {
    const fence = new Fence(2);
    const ticket = fence.enter();
    for (const key of ['a', 'b', 'c', 'd']) fence.invalidate(key);
    for (const key of ['a', 'b', 'c', 'd', 'e']) expect(fence.holds(key, ticket)).toBe(false);
    expect(fence.holds('a', fence.enter())).toBe(true);
  });

  test('whatever the order, a reader from before an invalidation never stores after it', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({ do: fc.constant('leave' as const) }),
      fc.record({ do: fc.constant('invalidate' as const), key: fc.constantFrom('a', 'b', 'c') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, remembered) => {
        const fence = new Fence(remembered);
        const readers: { ticket: number; stale: Set<string> }[] = [];
        for (const action of steps) {
          if (action.do === 'enter') readers.push({ ticket: fence.enter(), stale: new Set() });
          else if (action.do === 'invalidate') {
            fence.invalidate(action.key);
            for (const reader of readers) reader.stale.add(action.key);
          } else if (readers.pop() !== undefined) fence.leave();
          for (const { ticket, stale } of readers)
            for (const key of stale) expect(fence.holds(key, ticket)).toBe(false);
        }
      }),
    );
  });
});

test('flights end for all who share them, and leave nothing behind', async () => {
  const flights = new Flights<number>(
    { generation: 0, provenUntilMs: Infinity, boundMs: 0 },
    new ManualClock(),
  );
  let starts = 0;
  const fly = (): Promise<number> => flights.run('k', () => Promise.resolve(++starts));
  expect(await Promise.all([fly(), fly(), fly()])).toEqual([1, 1, 1]);
  expect(flights.size).toBe(0);
  await expect(flights.run('k', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(flights.size).toBe(0);
  const first = fly();
  flights.abandon('k');
  expect(await Promise.all([first, fly()])).toEqual([2, 3]);
});

test('the most specific policy wins; a parameter is one part', () => {
  const router = new Router([{ name: 'l1', ttlMs: Infinity }], {
    any: { key: 'product:{id}:{field}' },
    price: { key: 'product:{id}:price' },
    product: { key: 'product:{id}' },
  });
  expect(router.of('product:1:price').name).toBe('price');
  expect(router.of('product:1:name').name).toBe('any');
  expect(router.of('product:1').name).toBe('product');
  expect(router.of('product:1:a:b').name).toBe('default');
});
