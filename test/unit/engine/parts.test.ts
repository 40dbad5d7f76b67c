import fc from 'fast-check';
import { ManualClock } from '../../../src/base/clock.ts';
import { describe, expect, test } from 'vitest';
import { Fence } from '../../../src/engine/fence.ts';
import { gate } from '../../support/tiers.ts';
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

test('of many, each is fetched once, joined by whoever wants it meanwhile, and ends with its own answer', async () => {
  const flights = new Flights<string>(
    { generation: 0, provenUntilMs: Infinity, boundMs: 0 },
    new ManualClock(),
  );
  const asked: number[][] = [];
  const held = gate();
  const alone = flights.run('c', () => Promise.resolve('C'));
  const batch = flights.runMany(['a', 'b', 'c', 'a', 'd'], async (own) => {
    asked.push([...own]);
    return ['A', held.opened.then(() => 'B'), 'D'];
  });
  const joined = ['a', 'b', 'd'].map((key) => flights.run(key, () => Promise.resolve('anew')));
  expect(asked).toEqual([[0, 1, 4]]);
  expect([await alone, await joined[0], await joined[2]]).toEqual(['C', 'A', 'D']);
  expect(flights.size).toBe(1);
  const meanwhile = flights.runMany(['b'], () => Promise.reject(new Error('it is on its way')));
  held.open();
  expect(await batch).toEqual(['A', 'B', 'C', 'A', 'D']);
  expect([await joined[1], await meanwhile]).toEqual(['B', ['B']]);
  expect(flights.size).toBe(0);
});

test('when the work for many fails, all of them fail and nothing is left behind', async () => {
  const flights = new Flights<string>(
    { generation: 0, provenUntilMs: Infinity, boundMs: 0 },
    new ManualClock(),
  );
  const batch = flights.runMany(['a', 'b'], () => Promise.reject(new Error('x')));
  const joined = flights.run('b', () => Promise.resolve('anew'));
  const outcomes = await Promise.allSettled([batch, joined]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(flights.size).toBe(0);
  const half = flights.runMany(['a', 'b'], async () => ['A', Promise.reject(new Error('y'))]);
  await expect(half).rejects.toThrow('y');
  expect(flights.size).toBe(0);
  const anew = flights.runMany(['a'], async () => ['2']);
  flights.abandon('a');
  const newer = flights.runMany(['a'], async () => ['3']);
  expect([await anew, await newer]).toEqual([['2'], ['3']]);
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
