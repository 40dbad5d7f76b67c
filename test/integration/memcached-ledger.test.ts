import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Ledger } from '../../src/backends/ledger.ts';
import { startOnTcp, type TestServers } from '../contract/memcached-servers.ts';
import { eventually } from '../contract/tier-contract.ts';
import { bytes, cleanUp, open, proxyTo, withCode } from './memcached-stage.ts';

const PAGE = '~page:ns';
const TAG_A = '~tag:2:ns:a';

function ledgerOf({ openLedger }: Backend, namespace = 'ns'): Ledger {
  if (openLedger === undefined) throw new Error('there is no ledger');
  return openLedger(namespace);
}

async function servers(): Promise<TestServers> {
  const started = await startOnTcp();
  cleanUp.push(() => started.stop());
  return started;
}

test('round trips: one to read what is there, two to read what is missing, and two for a change', async () => {
  const { servers: address } = await servers();
  const proxy = await proxyTo(address);
  const ledger = ledgerOf(await open(proxy.address));
  const trips = async (work: () => Promise<unknown>): Promise<number> => {
    const before = proxy.writes;
    await work();
    return proxy.writes - before;
  };
  await ledger.read([]);
  expect(await trips(() => ledger.read(['a', 'b', 'c']))).toBe(2);
  expect(await trips(() => ledger.read(['a', 'b', 'c']))).toBe(1);
  expect(await trips(() => ledger.advance({ tags: ['a', 'b', 'new'], patterns: ['p*'] }))).toBe(2);
});

test('a reader held up while it makes a tag does not undo a change of the tag that was made and lost meanwhile', async () => {
  const { servers: address } = await servers();
  const proxy = await proxyTo(address);
  const slow = ledgerOf(await open(proxy.address, { deadlineMs: 5000 }));
  const { tier, ...direct } = await open(address);
  const quick = ledgerOf({ tier, ...direct });
  const before = await quick.read([]);
  const written = proxy.writes;
  const goOn = proxy.hold(1);
  const reading = slow.read(['a']);
  await expect.poll(() => proxy.writes, { interval: 1 }).toBe(written + 2);
  const { page } = await quick.advance({ tags: ['a'] });
  await tier.delete(TAG_A);
  goOn();
  expect((await reading).tags[0]).toBeGreaterThan(before.epoch);
  expect((await quick.read(['a'])).tags[0]).toBeGreaterThanOrEqual(page.epoch);
});

test('a writer held up between its steps does not lower what others raised, and gets a number of its own', async () => {
  const { servers: address } = await servers();
  const proxy = await proxyTo(address);
  const slow = ledgerOf(await open(proxy.address, { deadlineMs: 5000 }));
  const quick = ledgerOf(await open(address));
  const { epoch } = await quick.read(['a', 'b']);
  const written = proxy.writes;
  const goOn = proxy.hold(1);
  const advancing = slow.advance({ tags: ['a', 'b'] });
  await expect.poll(() => proxy.writes, { interval: 1 }).toBe(written + 2);
  await quick.advance({ tags: ['a'] });
  await quick.advance({ tags: ['a'] });
  const seen = await quick.read(['a', 'b']);
  expect(seen.tags).toEqual([epoch + 2, epoch]);
  goOn();
  expect((await advancing).page.epoch).toBe(epoch + 3);
  expect((await quick.read(['a', 'b'])).tags).toEqual([epoch + 3, epoch + 3]);
});

test('a writer whose tag was lost between its steps makes it anew', async () => {
  const { servers: address } = await servers();
  const proxy = await proxyTo(address);
  const slow = ledgerOf(await open(proxy.address, { deadlineMs: 5000 }));
  const backend = await open(address);
  const quick = ledgerOf(backend);
  const { epoch } = await quick.read(['a']);
  const written = proxy.writes;
  const goOn = proxy.hold(1);
  const advancing = slow.advance({ tags: ['a'] });
  await expect.poll(() => proxy.writes, { interval: 1 }).toBe(written + 2);
  await backend.tier.delete(TAG_A);
  goOn();
  expect((await advancing).page.tags).toEqual([epoch + 1]);
  expect((await backend.tier.get(TAG_A))?.value.toString()).toMatch(new RegExp(` ${epoch + 1}$`));
});

test('changes by four clients at once all get through', async () => {
  const { servers: address } = await servers();
  const ledgers = await Promise.all([1, 2, 3, 4].map(async () => ledgerOf(await open(address))));
  const reader = ledgerOf(await open(address));
  const { epoch } = await reader.read([]);
  const answers = await Promise.all(
    ledgers.flatMap((ledger) =>
      Array.from({ length: 15 }, (_, i) => ledger.advance({ tags: ['a', `b${i % 3}`] })),
    ),
  );
  const numbers = answers.map(({ page }) => page.epoch).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, i) => epoch + 1 + i));
  expect((await reader.read(['a'])).tags).toEqual([epoch + 60]);
});

test('changes that were given up are not made later', async () => {
  const { servers: address, faults } = await servers();
  const near = ledgerOf(await open(address, { deadlineMs: 400 }));
  const far = ledgerOf(await open(address));
  const { epoch } = await far.read(['a']);
  await faults.freeze();
  const start = performance.now();
  const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => near.advance({ tags: ['a'] })));
  expect(performance.now() - start).toBeLessThan(1000);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: withCode('DEADLINE_EXCEEDED') });
  }
  await faults.thaw();
  await eventually(async () => expect((await near.read(['a'])).epoch).toBe(epoch));
  expect((await near.advance({ tags: ['a'] })).page.epoch).toBe(epoch + 1);
});

test.each(['junk', '{}', '[]', 'null', ''])('what is no page (%j) is replaced by one', async (junk) => {
  const { servers: address } = await servers();
  const backend = await open(address);
  const ledger = ledgerOf(backend);
  const { incarnation } = await ledger.read(['a']);
  await backend.tier.set(PAGE, bytes(junk));
  const page = await ledger.read(['a']);
  expect(page.incarnation).not.toBe(incarnation);
  expect(page.tags).toEqual([page.epoch]);
});
