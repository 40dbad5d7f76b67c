import { describe, expect, test } from 'vitest';
import { EventMappings } from '../../../src/engine/application-events.ts';
import type { Invalidation } from '../../../src/engine/cache.ts';
import type { Policy } from '../../../src/engine/options.ts';

interface Recorded {
  readonly events: EventMappings;
  readonly calls: Invalidation[];
}

function recorded(policies: Readonly<Record<string, Policy>> = {}): Recorded {
  const calls: Invalidation[] = [];
  return {
    calls,
    events: new EventMappings(policies, (what) => {
      calls.push(what);
      return Promise.resolve();
    }),
  };
}

const POLICIES: Readonly<Record<string, Policy>> = {
  customer: { key: 'customer:360:{customer_id}', on: ['customer.changed', 'order.placed'] },
  stock: { key: 'stock:{shop}-{product}:now', on: ['order.placed'] },
  front: { key: 'front-page', on: ['product.changed'] },
};

describe('policies', () => {
  test('an event invalidates the keys that its payload names, all at once', async () => {
    const { events, calls } = recorded(POLICIES);
    await events.emit('order.placed', { customer_id: 42, shop: 'b', product: 7n, more: {} });
    expect(calls).toEqual([{ keys: ['customer:360:42', 'stock:b-7:now'] }]);
  });

  test('a key without parameters needs no payload', async () => {
    const { events, calls } = recorded(POLICIES);
    await events.emit('product.changed', undefined);
    expect(calls).toEqual([{ keys: ['front-page'] }]);
  });

  test('a field cannot name another key: it is escaped as one part', async () => {
    const { events, calls } = recorded(POLICIES);
    await events.emit('customer.changed', { customer_id: '1:2#%' });
    expect(calls).toEqual([{ keys: ['customer:360:1%3A2%23%25'] }]);
  });

  test('an event that nothing is mapped to invalidates nothing', async () => {
    const { events, calls } = recorded(POLICIES);
    await events.emit('weather.changed', {});
    expect(calls).toEqual([]);
  });

  test.each([
    [{}, 'missing'],
    [undefined, 'missing'],
    ['42', 'missing'],
    [{ customer_id: null }, 'null'],
    [{ customer_id: '' }, 'empty'],
    [{ customer_id: { id: 1 } }, 'of type object'],
    [{ customer_id: Number.NaN }, 'NaN'],
  ])('%j has no field to fill the key with: %s', async (payload, why) => {
    const { events, calls } = recorded(POLICIES);
    const emitted = events.emit('customer.changed', payload);
    await expect(emitted).rejects.toThrow(
      `event customer.changed: policy customer: the payload's field 'customer_id' is ${why}`,
    );
    await expect(emitted).rejects.toMatchObject({ code: 'BAD_USAGE' });
    expect(calls).toEqual([]);
  });

  test('0 and false are values', async () => {
    const { events, calls } = recorded(POLICIES);
    await events.emit('customer.changed', { customer_id: 0 });
    await events.emit('customer.changed', { customer_id: false });
    expect(calls.flatMap(({ keys }) => keys)).toEqual(['customer:360:0', 'customer:360:false']);
  });
});

describe('mappings', () => {
  test('add up with each other and with the policies, each key, tag and pattern once', async () => {
    const { events, calls } = recorded(POLICIES);
    events.on<{ customer_id: number }>('customer.changed', ({ customer_id: id }) => ({
      keys: [
        ['customer', '360', id],
        ['cart', id],
      ],
      tags: ['customers'],
    }));
    events.on('customer.changed', () => ({ tags: ['customers', 'all'], patterns: ['report:*', 'report:*'] }));
    await events.emit('customer.changed', { customer_id: 42 });
    expect(calls).toEqual([
      { keys: ['customer:360:42', 'cart:42'], tags: ['customers', 'all'], patterns: ['report:*'] },
    ]);
  });

  test('everything is everything', async () => {
    const { events, calls } = recorded();
    events.on('deployed', () => ({ all: true }));
    events.on('deployed', () => ({ all: false, keys: ['a'] }));
    await events.emit('deployed', null);
    expect(calls).toEqual([{ all: true, keys: ['a'] }]);
  });

  test('are taken back one by one, even when the function is the same', async () => {
    const { events, calls } = recorded();
    const map = (): Invalidation => ({ keys: ['a'] });
    const offs = [events.on('e', map), events.on('e', map)];
    offs[0]?.();
    offs[0]?.();
    await events.emit('e', 1);
    expect(calls).toEqual([{ keys: ['a'] }]);
    offs[1]?.();
    events.on('e', () => ({ keys: ['b'] }));
    offs[1]?.();
    await events.emit('e', 1);
    expect(calls[1]).toEqual({ keys: ['b'] });
  });

  test('one that maps to nothing invalidates nothing', async () => {
    const { events, calls } = recorded();
    events.on('e', () => ({ keys: [], all: false }));
    await events.emit('e', 1);
    expect(calls).toEqual([]);
  });

  test('when one throws, the others hold, and the caller hears of it', async () => {
    const { events, calls } = recorded(POLICIES);
    events.on('customer.changed', () => {
      throw new Error('my mistake');
    });
    events.on('customer.changed', () => ({ keys: ['', 'x'] }));
    events.on('customer.changed', () => ({ tags: ['t'] }));
    await expect(events.emit('customer.changed', { customer_id: 1 })).rejects.toThrow('my mistake');
    expect(calls).toEqual([{ keys: ['customer:360:1'], tags: ['t'] }]);
  });

  test('one that maps more while the event is on its way does no harm', async () => {
    const { events, calls } = recorded();
    const again = (): Invalidation => {
      events.on('e', again);
      return { keys: ['a'] };
    };
    events.on('e', again);
    await events.emit('e', 1);
    expect(calls).toEqual([{ keys: ['a'] }]);
  });
});

test('emit rejects with what the invalidation rejects with', async () => {
  const events = new EventMappings(POLICIES, () => Promise.reject(new Error('tier down')));
  await expect(events.emit('customer.changed', { customer_id: 1 })).rejects.toThrow('tier down');
});
