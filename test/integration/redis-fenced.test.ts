import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Bus, BusListener } from '../../src/backends/bus.ts';
import type { FencedAccess } from '../../src/backends/fenced.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const LONG_MS = 60_000;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

let server: PrivateServer;
let admin: Redis;
let near: Backend;
let far: Backend;
let fenced: FencedAccess;
beforeAll(async () => {
  server = await startRedis(process.env, { listen: await freePort() });
  admin = new Redis(server.url);
  near = await openRedis({ url: server.url, deadlineMs: 5000 });
  far = await openRedis({ url: server.url, deadlineMs: 5000 });
  if (near.tier.fenced === undefined) throw new Error('redis has fenced access');
  fenced = near.tier.fenced;
});
beforeEach(async () => void (await admin.flushall()));
afterAll(async () => {
  await Promise.all([near.close(), far.close()]);
  admin.disconnect();
  await server.stop();
});

function busOf(backend: Backend, channel: string, track?: string): Bus {
  const bus = backend.openBus?.(channel, { track });
  if (bus === undefined) throw new Error('redis has a bus');
  return bus;
}

async function granted(key: string): Promise<string> {
  const lease = await fenced.fetch(key, LONG_MS);
  if (lease.state !== 'granted') throw new Error(`it is ${lease.state}`);
  return lease.token;
}

test('as long as few look in vain, who needs no time looks with GET; else a script looks and asks at once', async () => {
  const backend = await openRedis({ url: server.url, deadlineMs: 5000 });
  const access = backend.tier.fenced as FencedAccess;
  const calls = async (command: string): Promise<number> => {
    const told = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await admin.info('commandstats'));
    return Number(told?.[1] ?? 0);
  };
  await admin.set('ns:hit', 'v');
  const options = { withTtl: false };
  await access.fetch('ns:missing', LONG_MS, options);
  expect(await calls('evalsha')).toBeGreaterThan(0);
  for (let i = 0; i < 60; i++) await access.fetch('ns:hit', LONG_MS, options);
  await admin.config('RESETSTAT');
  expect(await access.fetch('ns:hit', LONG_MS, options)).toMatchObject({ state: 'hit' });
  expect([await calls('evalsha'), await calls('get')]).toEqual([0, 1]);
  expect(await access.fetch('ns:hit', LONG_MS)).toMatchObject({ state: 'hit', hit: { ttlMs: undefined } });
  expect(await calls('evalsha')).toBe(1);
  expect(await access.fetch('ns:none', LONG_MS, options)).toMatchObject({ state: 'granted' });
  expect(await calls('evalsha')).toBe(2);
  for (let i = 0; i < 60; i++) await access.fetch(`ns:none:${i}`, LONG_MS, options);
  await admin.config('RESETSTAT');
  await access.fetch('ns:hit', LONG_MS, options);
  expect(await calls('evalsha')).toBe(1);
  await backend.close();
});

describe('keys', () => {
  test('a lease is beside its key, in its slot, with the lease time; a prefix is deleted without it', async () => {
    await granted('ns:a');
    await fenced.store([{ key: 'ns:b', value: bytes('v') }]);
    expect((await admin.keys('*')).toSorted()).toEqual(['ns:b', '{ns:a}~lease']);
    expect(await admin.pttl('{ns:a}~lease')).toBeGreaterThan(LONG_MS / 2);
    expect(await near.tier.deletePrefix('ns:')).toBe(1);
    expect(await admin.keys('*')).toEqual(['{ns:a}~lease']);
  });

  test('nothing is left of a lease that was filled, settled, released or voided', async () => {
    const value = bytes('v');
    await fenced.fill([{ key: 'a', token: await granted('a'), value }]);
    await fenced.settle([{ key: 'b', token: await granted('b'), value }]);
    await fenced.settle([{ key: 'c', token: 'another', value }]);
    await fenced.release([{ key: 'd', token: await granted('d') }]);
    await granted('e');
    await fenced.store([{ key: bytes('e'), value }]);
    await granted('f');
    await fenced.invalidate(['f']);
    expect((await admin.keys('*')).toSorted()).toEqual(['a', 'b', 'e']);
  });

  test('records of tags end by themselves, the page of a ledger does not', async () => {
    await near.openLedger?.('ns').read(['a']);
    await far.openLedger?.('ns').advance({ tags: ['b'] });
    expect((await admin.keys('*')).toSorted()).toEqual(['ns:~ledger', 'ns:~tag:a', 'ns:~tag:b']);
    expect(await admin.pttl('ns:~ledger')).toBe(-1);
    expect(await admin.pttl('ns:~tag:a')).toBeGreaterThan(29 * 86_400_000);
    expect(await admin.pttl('ns:~tag:b')).toBeGreaterThan(29 * 86_400_000);
  });
});

describe('notices', () => {
  const heardOn = async (bus: Bus): Promise<string[]> => {
    const heard: string[] = [];
    await bus.subscribe({ onMessage: (message) => heard.push(Buffer.from(message).toString()) });
    return heard;
  };

  test('of a bus over another connection, or of a closed one, are not published', async () => {
    const heard = await heardOn(busOf(far, 'elsewhere'));
    const closed = busOf(near, 'elsewhere');
    await closed.close();
    for (const bus of [busOf(far, 'elsewhere'), closed]) {
      const { audience } = await fenced.invalidate(['ns:a'], { bus, message: bytes('notice') });
      expect(audience).toBeUndefined();
    }
    await busOf(far, 'elsewhere').publish(bytes('end'));
    await eventually(async () => expect(heard).toEqual(['end']));
  });

  test('a server without room still invalidates, and tells; it stores nothing', async () => {
    const bus = busOf(near, 'full');
    const heard = await heardOn(bus);
    await fenced.store([{ key: 'ns:a', value: bytes('old') }]);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'maxmemory', '1');
    try {
      await expect(fenced.store([{ key: 'ns:a', value: bytes('new') }])).rejects.toSatisfy((e) =>
        isCachectlError(e, 'SERVER_ERROR'),
      );
      expect(await fenced.invalidate(['ns:a'], { bus, message: bytes('gone') })).toMatchObject({
        removed: 1,
      });
      await eventually(async () => expect(heard).toEqual(['gone']));
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
  });

  test('scripts that the server lost are sent again', async () => {
    const value = bytes('v');
    for (const keys of [['ns:a'], Array.from({ length: 700 }, (_, i) => `ns:${i}`)]) {
      const again = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
        await admin.script('FLUSH');
        return call();
      };
      const leases = await again(() => fenced.fetchMany(keys, LONG_MS));
      const tokens = leases.map((lease) => (lease.state === 'granted' ? lease.token : ''));
      const entries = keys.map((key, i) => ({ key, token: tokens[i] ?? '', value }));
      expect(await again(() => fenced.fill(entries))).toEqual(keys.map(() => true));
      expect(await again(() => fenced.invalidate(keys))).toMatchObject({ removed: keys.length });
      const claims = await again(() => fenced.claim(keys, LONG_MS));
      const settled = await again(() => fenced.settle(claims.map((claim) => ({ ...claim, value }))));
      expect(settled.stored).toEqual(keys.map(() => true));
    }
  });

  test('no notice goes out before all of its change, also when the server lost only some scripts', async () => {
    const keys = Array.from({ length: 700 }, (_, i) => `ns:${i}`);
    const bus = busOf(near, 'ordered');
    const heard = await heardOn(bus);
    await admin.script('FLUSH');
    await fenced.invalidate(['ns:a'], { bus, message: bytes('loads the script of the last part only') });
    const monitor = await admin.monitor();
    const commands: string[] = [];
    monitor.on('monitor', (_time: string, [command]: string[]) =>
      commands.push(String(command).toLowerCase()),
    );
    await fenced.invalidate(keys, { bus, message: bytes('notice') });
    await eventually(async () => expect(heard).toHaveLength(2));
    await eventually(async () => expect(commands.filter((command) => command === 'unlink')).toHaveLength(6));
    monitor.disconnect();
    expect(commands.filter((command) => command === 'publish')).toHaveLength(1);
    expect(commands.indexOf('publish')).toBeGreaterThan(commands.lastIndexOf('unlink'));
  });
});

describe('an audience that the server lost', () => {
  test('has a nameless member until the time of whoever was lost is over', async () => {
    const bus = busOf(near, 'forgetful');
    await bus.beat('a', 400, bytes(''));
    await delay(systemClock, 450);
    await bus.beat('a', 400, bytes(''));
    expect((await bus.publish(bytes(''))).map(({ member }) => member)).toEqual(['a']);
    await admin.flushall();
    const [lost, ...others] = await bus.publish(bytes(''));
    expect(others).toEqual([]);
    expect(lost?.member).toBe('');
    expect(lost?.forMs).toBeGreaterThan(200);
    expect(lost?.forMs).toBeLessThanOrEqual(400);
    await bus.beat('a', 60_000, bytes(''));
    expect((await bus.publish(bytes(''))).map(({ member }) => member)).toEqual(['', 'a']);
    await delay(systemClock, 450);
    expect((await bus.publish(bytes(''))).map(({ member }) => member)).toEqual(['a']);
    await bus.leave('a');
  });
});

describe('tracking', () => {
  interface Heard {
    readonly changes: (string[] | undefined)[];
    readonly messages: string[];
    readonly states: string[];
  }
  const listen = async (bus: Bus): Promise<Heard> => {
    const heard: Heard = { changes: [], messages: [], states: [] };
    const listener: BusListener = {
      onMessage: (message) => heard.messages.push(Buffer.from(message).toString()),
      onState: (state) => heard.states.push(state),
      onServerChange: (keys) => heard.changes.push(keys?.map((key) => Buffer.from(key).toString())),
    };
    await bus.subscribe(listener);
    return heard;
  };

  test('the server tells of whatever changes under the prefix, whoever changes it, and of nothing else', async () => {
    const bus = busOf(near, 'tracked', 'ns:');
    const heard = await listen(bus);
    await admin.set('ns:größe,a', 'v');
    await admin.del('ns:größe,a');
    await admin.del('ns:missing');
    await admin.set('other:a', 'v');
    await granted('ns:leased');
    await bus.publish(bytes('message'));
    await admin.mset('ns:x', '1', 'ns:y', '2');
    await admin.flushall();
    await eventually(async () => expect(heard.changes).toHaveLength(4));
    expect(heard.changes[0]).toEqual(['ns:größe,a']);
    expect(heard.changes[1]).toEqual(['ns:größe,a']);
    expect(heard.changes[2]?.toSorted()).toEqual(['ns:x', 'ns:y']);
    expect(heard.changes[3]).toBeUndefined();
    expect(heard.messages).toEqual(['message']);
    await bus.close();
  });

  test('on a new socket it tracks again, and says that all may have changed', async () => {
    const bus = busOf(near, 'tracked', 'ns:');
    const heard = await listen(bus);
    for (let round = 1; round <= 3; round++) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(async () => expect(heard.states).toHaveLength(2 * round));
      expect(heard.changes.at(-1)).toBeUndefined();
      await admin.set(`ns:${round}`, 'v');
      await eventually(async () => expect(heard.changes.at(-1)).toEqual([`ns:${round}`]));
      expect(heard.changes).toHaveLength(2 * round);
    }
    await bus.close();
  });

  test('a bus that tracks nothing hears of no changes, nor of a lost socket as one', async () => {
    const bus = busOf(near, 'untracked');
    const heard = await listen(bus);
    await admin.set('ns:a', 'v');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(async () => expect(heard.states).toEqual(['down', 'up']));
    await bus.publish(bytes('end'));
    await eventually(async () => expect(heard.messages).toEqual(['end']));
    expect(heard.changes).toEqual([]);
    await bus.close();
  });
});
