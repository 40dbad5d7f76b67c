import { expect, test } from 'vitest';
import type { FaultBackend } from '../../../src/backends/fault-backend.ts';
import { openMemory } from '../../../src/backends/memory/open.ts';
import { openSharedMemory, SharedMemory } from '../../../src/backends/memory/shared.ts';
import { ManualClock } from '../../../src/base/clock.ts';
import { type Cache, createCache } from '../../../src/engine/index.ts';
import { chaosBackend } from '../../../src/testing/testing.ts';

/*
 * What an instance knows of tags decides on what it reads from a server. Memory that keeps such an entry must not
 * trust it for longer than that knowledge: it would repeat for another bound, or for ever, what was invalid already.
 */

const BOUND_MS = 1000;
const TAGGED = { tags: ['t'] };

interface Two {
  readonly clock: ManualClock;
  readonly a: Cache;
  readonly b: Cache;
  readonly wayOfB: FaultBackend;
}

/** The server has `k`, and the second instance knows its tag, but never read it. */
async function two(): Promise<Two> {
  const clock = new ManualClock();
  const server = new SharedMemory({ clock });
  const wayOfB = chaosBackend(openSharedMemory(server), { clock });
  const [a, b] = [openSharedMemory(server), wayOfB].map((tier) =>
    createCache({ namespace: 'n', clock, tiers: [openMemory({ clock }), tier] }),
  ) as [Cache, Cache];
  await clock.advance(50);
  await a.getOrLoad('k', () => 'old', TAGGED);
  await b.getOrLoad('other', () => 1, TAGGED);
  return { clock, a, b, wayOfB };
}

test('an entry that was judged by what is hardly trusted any more is not trusted for another bound', async () => {
  const { clock, a, b, wayOfB } = await two();
  await clock.advance(5000);
  wayOfB.buses[0]?.inject({ state: 'half-open' });
  await a.invalidate(TAGGED);
  await clock.advance(BOUND_MS / 2);
  expect(await b.get('k')).toBe('old');
  await clock.advance(BOUND_MS / 2 + 1);
  expect(await b.getOrLoad('k', () => 'new', TAGGED)).toBe('new');
  await Promise.all([a.close(), b.close()]);
});

test('nor as if it had been judged after messages were missed', async () => {
  const { clock, a, b, wayOfB } = await two();
  wayOfB.buses[0]?.inject({ dropRate: 1 });
  await a.invalidate(TAGGED);
  wayOfB.buses[0]?.heal();
  await clock.advance(BOUND_MS / 2);
  expect(await b.get('k')).toBe('old');
  await clock.advance(BOUND_MS / 2 + 1);
  expect(await b.getOrLoad('k', () => 'new', TAGGED)).toBe('new');
  await Promise.all([a.close(), b.close()]);
});
