import { expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../../src/backends/memory/shared.ts';
import type { Backend } from '../../../src/backends/backend.ts';
import type { Ledger } from '../../../src/backends/ledger.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { type Cache, createCache } from '../../../src/engine/index.ts';
import { gate } from '../../support/tiers.ts';

/** Two instances, of which the first reaches the ledger by a way of its own. */
async function two(wayOf: (ledger: Ledger) => Ledger): Promise<{ a: Cache; b: Cache; clock: ManualClock }> {
  const clock = new ManualClock();
  const server = new SharedMemory({ clock });
  const open = (backend: Backend, ledger?: Ledger): Cache =>
    createCache({
      namespace: 'n',
      tiers: [
        { tier: openMemory({ clock }), ttl: '10m' },
        { tier: backend, ttl: '1h' },
      ],
      ...(ledger === undefined ? {} : { coherence: { ledger } }),
      clock,
    });
  const backend = openSharedMemory(server);
  const ledger = backend.openLedger?.('n');
  if (ledger === undefined) throw new Error('no ledger');
  const a = open(backend, wayOf(ledger));
  const b = open(openSharedMemory(server));
  await clock.advance(50);
  return { a, b, clock };
}

test('what a peer changed is not forgotten over the late answer to a change of our own', async () => {
  const held = gate();
  const { a, b, clock } = await two((ledger) => ({
    read: (tags) => ledger.read(tags),
    advance: async (change, notice) => {
      const advanced = await ledger.advance(change, notice);
      await held.opened;
      return advanced;
    },
  }));
  const options = { tags: ['t'] };
  await a.getOrLoad('cleared', () => 'old', options);
  expect(a.peek('cleared')).toBe('old');
  const own = a.invalidate({ tags: ['other'] });
  await clock.advance(1);
  await b.clear();
  await clock.advance(1);
  held.open();
  await own;
  expect(a.peek('cleared')).toBeUndefined();
  expect(await a.getOrLoad('cleared', () => 'new', options)).toBe('new');
  await Promise.all([a.close(), b.close()]);
});

test.each(['tags', 'patterns'] as const)(
  'what we invalidated by %s ourselves is not served for its youth when the ledger cannot be read',
  async (by) => {
    let isDown = false;
    const { a, b, clock } = await two((ledger) => ({
      read: async (tags) => {
        if (isDown) throw new Error('the ledger is down');
        return ledger.read(tags);
      },
      advance: (change, notice) => ledger.advance(change, notice),
    }));
    const options = { tags: ['t'] };
    await a.getOrLoad('k', () => 'old', options);
    await clock.advance(10);
    await a.invalidate(by === 'tags' ? { tags: ['t'] } : { patterns: ['k*'] });
    isDown = true;
    await b.invalidate(by === 'tags' ? { tags: ['t'] } : { patterns: ['k*'] });
    await clock.advance(10);
    expect(await a.getOrLoad('k', () => 'new', options)).toBe('new');
    await Promise.all([a.close(), b.close()]);
  },
);

test('nor when the answer to our own change was overtaken', async () => {
  const held = gate();
  let isDown = false;
  const { a, b, clock } = await two((ledger) => ({
    read: async (tags) => {
      if (isDown) throw new Error('the ledger is down');
      return ledger.read(tags);
    },
    advance: async (change, notice) => {
      const advanced = await ledger.advance(change, notice);
      await held.opened;
      return advanced;
    },
  }));
  const options = { tags: ['t'] };
  await a.getOrLoad('k', () => 'old', options);
  const own = a.invalidate({ tags: ['t'] });
  await clock.advance(10);
  isDown = true;
  await b.invalidate({ tags: ['other'] });
  await clock.advance(10);
  held.open();
  await own;
  expect(await a.getOrLoad('k', () => 'new', options)).toBe('new');
  await Promise.all([a.close(), b.close()]);
});
