import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Fetched, FencedAccess, Lease } from '../../src/backends/fenced.ts';
import { parseServers } from '../../src/backends/memcached/address.ts';
import { Connection } from '../../src/backends/memcached/connection.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { startOnTcp, type TestServers } from '../contract/memcached-servers.ts';
import { eventually } from '../contract/tier-contract.ts';
import { bytes, cleanUp, open, proxyTo, startWith, withCode } from './memcached-stage.ts';

const LONG_MS = 60_000;

function fencedOf({ tier }: Backend): FencedAccess {
  if (tier.fenced === undefined) throw new Error('there is no fenced access');
  return tier.fenced;
}

function tokenOf(lease: Fetched | Lease): string {
  if (lease.state !== 'granted') throw new Error(`the lease is ${lease.state}`);
  return lease.token;
}

async function servers(count = 1): Promise<TestServers> {
  const started = await startOnTcp(count);
  cleanUp.push(() => started.stop());
  return started;
}

/** What another program says to the server. */
async function foreign(address: string): Promise<(command: string, value?: string) => Promise<string>> {
  const [server] = parseServers(address).servers;
  if (server === undefined) throw new Error('no server');
  const settings = { deadlineMs: 1000, connectTimeoutMs: 3000, clock: systemClock, random: systemRandom() };
  const connection = new Connection(server, settings);
  await connection.open();
  cleanUp.push(async () => connection.close());
  return (command, value) =>
    connection.request(
      `${command}\r\n`,
      value === undefined ? undefined : Buffer.from(value),
      ({ kind }) => kind,
    );
}

describe('leases', () => {
  test('a restarted server counts anew: the same number granted again does not revive the old token', async () => {
    const { servers: address, faults } = await servers();
    const near = fencedOf(await open(address));
    const old = tokenOf(await near.fetch('k', LONG_MS));
    await faults.kill();
    await faults.restart();
    const far = fencedOf(await open(address));
    const token = tokenOf(await far.fetch('k', LONG_MS));
    expect(token.split('@')[0]).toBe(old.split('@')[0]);
    const entry = { key: 'k', value: bytes('stale'), ttlMs: LONG_MS };
    await eventually(async () => expect(await near.fill([{ ...entry, token: old }])).toEqual([false]));
    expect(await near.renew('k', old, LONG_MS)).toBeUndefined();
    await near.release([{ key: 'k', token: old }]);
    expect((await far.fetch('k', LONG_MS)).state).toBe('held');
    expect(await far.fill([{ ...entry, token }])).toEqual([true]);
  });

  test('a lease on an entry ends by its time, and by release, though the entry stays as it was', async () => {
    const { servers: address } = await servers();
    const [near, far] = [fencedOf(await open(address)), fencedOf(await open(address))];
    await near.store([{ key: 'k', value: bytes('old') }]);
    const late = tokenOf(await near.acquire('k', 1000));
    expect((await far.acquire('k', 1000)).state).toBe('held');
    await sleep(2100);
    const entry = { key: 'k', value: bytes('new') };
    expect(await near.fill([{ ...entry, token: late }])).toEqual([false]);
    expect(await near.renew('k', late, 1000)).toBeUndefined();
    const released = tokenOf(await far.acquire('k', LONG_MS));
    await far.release([{ key: 'k', token: released }]);
    expect(await far.fill([{ ...entry, token: released }])).toEqual([false]);
    const renewed = await near.renew('k', tokenOf(await near.acquire('k', 1000)), LONG_MS);
    await sleep(2100);
    expect(await near.fill([{ ...entry, token: renewed ?? '' }])).toEqual([true]);
  });

  test('of 50 that want to refresh an entry at once one is granted', async () => {
    const { servers: address } = await servers();
    const [near, far] = [fencedOf(await open(address)), fencedOf(await open(address))];
    await near.store([{ key: 'k', value: bytes('old') }]);
    const leases = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? near : far).acquire('k', LONG_MS)),
    );
    expect(leases.filter(({ state }) => state === 'granted')).toHaveLength(1);
    expect(leases.filter(({ state }) => state === 'held')).toHaveLength(49);
  });

  test('another program flushes, deletes or overwrites: the lease is void', async () => {
    const { servers: address } = await servers();
    const fenced = fencedOf(await open(address));
    const say = await foreign(address);
    for (const command of ['md k', 'ms k 1', 'ms k 0 MA']) {
      await fenced.invalidate(['k']);
      const token = tokenOf(await fenced.fetch('k', LONG_MS));
      await say(command, command.startsWith('ms k 1') ? 'x' : command === 'md k' ? undefined : '');
      expect(await fenced.fill([{ key: 'k', token, value: bytes('v') }])).toEqual([false]);
    }
  });

  test("another program's items are entries, whatever it marked them with; one that it declared stale is refreshed once", async () => {
    const { servers: address } = await servers();
    const { tier } = await open(address);
    const fenced = fencedOf(await open(address));
    const say = await foreign(address);
    await say('ms marked 5 F4294967295', 'other');
    await say('ms empty 0 F1', '');
    expect((await tier.get('marked'))?.value.toString()).toBe('other');
    expect((await fenced.fetch('empty', LONG_MS)).state).toBe('hit');
    expect((await tier.get('empty'))?.value.byteLength).toBe(0);
    await say('md marked I T30');
    const states = await Promise.all([1, 2, 3].map(() => fenced.fetch('marked', LONG_MS)));
    expect(states.map(({ state }) => state)).toEqual(['granted', 'hit', 'hit']);
  });
});

describe('servers', () => {
  test('a batch that one dead server makes fail leaves no leases on the others', async () => {
    const three = [await servers(), await servers(), await servers()];
    const { tier } = await open(three.map(({ servers: address }) => address).join(','));
    const fenced = fencedOf({ tier } as Backend);
    const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);
    await three[1]?.faults.kill();
    await sleep(50);
    await expect(fenced.fetchMany(keys, LONG_MS)).rejects.toEqual(withCode('SERVER_UNREACHABLE'));
    const states = (await Promise.allSettled(keys.map((key) => fenced.fetch(key, LONG_MS)))).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.state : 'down',
    );
    expect(new Set(states)).toEqual(new Set(['granted', 'down']));
  });

  test('one without compare-and-swap has no fenced access and no ledger', async () => {
    const { server, port } = await startWith('-C');
    cleanUp.push(() => server.stop());
    const backend = await open(`127.0.0.1:${port}`);
    expect(backend.tier.fenced).toBeUndefined();
    expect(backend.openLedger).toBeUndefined();
  });

  test('through memjs there is neither', async () => {
    const { servers: address } = await servers();
    const backend = await open(address, { driver: 'memjs' });
    expect(backend.tier.fenced).toBeUndefined();
    expect(backend.openLedger).toBeUndefined();
  });

  test('one that is full and may not evict grants nothing, says so, and stays in step', async () => {
    const { server, port } = await startWith('-M', '-m', '2');
    cleanUp.push(() => server.stop());
    const { tier } = await open(`127.0.0.1:${port}`, { deadlineMs: 4000 });
    const fenced = fencedOf({ tier } as Backend);
    const filler = Array.from({ length: 4000 }, (_, i) => ({ key: `f${i}`, value: new Uint8Array(1000) }));
    await expect(tier.setMany(filler)).rejects.toEqual(withCode('SERVER_ERROR'));
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    await expect(fenced.fetchMany(keys, LONG_MS)).rejects.toEqual(withCode('SERVER_ERROR'));
    await eventually(async () => expect((await fenced.fetch('k1', LONG_MS)).state).toBe('granted'));
  });
});

test('values over the limit: the others of the batch are stored, and nobody waits for those that are not', async () => {
  const { servers: address } = await servers();
  const { tier } = await open(address);
  const fenced = fencedOf({ tier } as Backend);
  const large = new Uint8Array(tier.capabilities.maxValueBytes + 1);
  const [a, b] = (await fenced.fetchMany(['a', 'b'], LONG_MS)).map(tokenOf);
  const fills = [
    { key: 'a', token: a ?? '', value: large },
    { key: 'b', token: b ?? '', value: bytes('B') },
  ];
  await expect(fenced.fill(fills)).rejects.toEqual(withCode('VALUE_TOO_LARGE'));
  expect((await fenced.fetchMany(['a', 'b'], LONG_MS)).map(({ state }) => state)).toEqual(['granted', 'hit']);
  const [first, second] = await fenced.claim(['a', 'b'], LONG_MS);
  if (first === undefined || second === undefined) throw new Error('nothing was claimed');
  const changes = [
    { ...first, value: large },
    { ...second, value: bytes('new') },
  ];
  await expect(fenced.settle(changes)).rejects.toEqual(withCode('VALUE_TOO_LARGE'));
  expect((await fenced.fetchMany(['a', 'b'], LONG_MS)).map(({ state }) => state)).toEqual(['granted', 'hit']);
});

test('tokens that nobody granted do nothing and harm nothing', async () => {
  const { servers: address } = await servers();
  const fenced = fencedOf(await open(address));
  const [, incarnation = ''] = tokenOf(await fenced.fetch('k', LONG_MS)).split('@');
  const forged = ['0', '77', '99999999999999999999', '1 T0\r\nflush_all', '77.99999999999999999999'];
  for (const token of ['', '1', '1@', 'größe', ...forged.map((numbers) => `${numbers}@${incarnation}`)]) {
    expect(await fenced.fill([{ key: 'k', token, value: bytes('v') }])).toEqual([false]);
    expect(await fenced.renew('k', token, LONG_MS)).toBeUndefined();
    await fenced.release([{ key: 'k', token }], { message: 'no', forMs: 1000 });
    expect((await fenced.fetch('k', LONG_MS)).state).toBe('held');
  }
});

test('round trips: one for a read, a fill, a change; two to lease an entry and to fill under that', async () => {
  const { servers: address } = await servers();
  const proxy = await proxyTo(address);
  const fenced = fencedOf(await open(proxy.address));
  const trips = async (work: () => Promise<unknown>): Promise<number> => {
    const before = proxy.writes;
    await work();
    return proxy.writes - before;
  };
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const value = bytes('v');
  expect(await trips(() => fenced.fetch('one', LONG_MS))).toBe(1);
  const leases = await fenced.fetchMany(keys, LONG_MS);
  const entries = keys.map((key, i) => ({ key, token: tokenOf(leases[i] ?? { state: 'held' }), value }));
  expect(await trips(() => fenced.fill(entries))).toBe(1);
  expect(await trips(() => fenced.fetchMany(keys, LONG_MS))).toBe(1);
  expect(await trips(() => fenced.store(entries))).toBe(1);
  const claims = await fenced.claim(keys, LONG_MS);
  expect(await trips(() => fenced.settle(claims.map((claim) => ({ ...claim, value }))))).toBe(1);
  expect(await trips(() => fenced.invalidate(keys.slice(1)))).toBe(1);
  const refreshed = { key: 'k0', token: '', value };
  expect(
    await trips(async () => {
      refreshed.token = tokenOf(await fenced.acquire('k0', LONG_MS));
    }),
  ).toBe(2);
  expect(await trips(() => fenced.fill([refreshed]))).toBe(2);
});
