import { expect, test } from 'vitest';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { Recovery } from '../../../src/engine/recovery.ts';
import { TierSlot } from '../../../src/engine/tier-slot.ts';

function bed() {
  const clock = new ManualClock();
  const slot = new TierSlot({ tier: openMemory({ clock }).tier }, 'n:', 3000, clock, {
    onFailure: () => {},
    onBreaker: () => {},
  });
  const recovery = new Recovery(clock);
  const told: string[][] = [];
  const state = { down: true, told, changes: [] as unknown[] };
  recovery.begin({
    invalidate: async (_, key) => {
      if (!state.down) told.push([...key]);
      return !state.down;
    },
    advance: async (change) => {
      if (!state.down) state.changes.push(change);
      return !state.down;
    },
  });
  return { clock, slot, recovery, state };
}

test('keys are shunned until the tier was told of them', async () => {
  const { clock, slot, recovery, state } = bed();
  recovery.add(
    slot,
    new Map([
      ['s:a', 'a'],
      ['s:b', 'b'],
    ]),
  );
  expect(recovery.shuns(slot, 's:a')).toBe(true);
  expect(recovery.shuns(slot, 's:c')).toBe(false);
  await clock.advance(10_000);
  expect(recovery.shuns(slot, 's:a')).toBe(true);
  state.down = false;
  await clock.advance(1000);
  expect(state.told).toEqual([['a', 'b']]);
  expect(recovery.shuns(slot, 's:a')).toBe(false);
  expect(recovery.pending).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

test('pauses grow from 50 ms to a second', async () => {
  const { clock, slot, recovery } = bed();
  let calls = 0;
  recovery.begin({ invalidate: async () => (calls++, false), advance: async () => false });
  recovery.add(slot, new Map([['s:a', 'a']]));
  await clock.advance(50 + 100 + 200 + 400 + 800 + 1);
  expect(calls).toBe(5);
  await clock.advance(3000);
  expect(calls).toBe(8);
});

test('more keys than can be remembered become the whole namespace, and the tier is not read until that is done', async () => {
  const { clock, slot, recovery, state } = bed();
  recovery.add(slot, new Map(Array.from({ length: 10_001 }, (_, i) => [`s:${i}`, `${i}`])));
  expect(recovery.shuns(slot, 's:other')).toBe(true);
  state.down = false;
  await clock.advance(1000);
  expect(state.changes).toEqual([{ all: true }]);
  expect(recovery.shuns(slot, 's:other')).toBe(false);
});

test('changes of the ledger are made in their order', async () => {
  const { clock, recovery, state } = bed();
  recovery.addChange({ tags: ['a'] });
  recovery.addChange({ patterns: ['b*'] });
  state.down = false;
  await clock.advance(50);
  expect(state.changes).toEqual([{ tags: ['a'] }, { patterns: ['b*'] }]);
});

test('nothing is tried after close', async () => {
  const { clock, slot, recovery } = bed();
  recovery.add(slot, new Map([['s:a', 'a']]));
  recovery.close();
  expect(clock.pendingTimers).toBe(0);
});
