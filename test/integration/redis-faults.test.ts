import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../src/backends/redis/address.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { Bus, BusState } from '../../src/backends/bus.ts';
import { RedisConnection } from '../../src/backends/redis/connection.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { ManualClock, systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const DEADLINE_MS = 200;
const INCREMENT = "return redis.call('incr', KEYS[1])";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = async (backend: Backend, key: string): Promise<string | undefined> => {
  const hit = await backend.tier.get(key);
  return hit === undefined ? undefined : Buffer.from(hit.value).toString();
};

/** Sockets and timers that keep this process busy. */
function held(): number {
  return process.getActiveResourcesInfo().filter((kind) => /Wrap|Timeout/.test(kind)).length;
}

let server: PrivateServer;
let admin: Redis;
let backend: Backend;
beforeEach(async () => {
  server = await startRedis(process.env, { listen: await freePort() });
  admin = new Redis(server.url);
  backend = await openRedis({ url: server.url, deadlineMs: DEADLINE_MS });
});
afterEach(async () => {
  await backend.close();
  admin.disconnect();
  await server.stop();
});

const freeze = (): boolean => process.kill(server.pid, 'SIGSTOP');
const thaw = (): boolean => process.kill(server.pid, 'SIGCONT');
const cutAll = async (): Promise<void> => {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
};
const busOf = (from: Backend): Bus => {
  const bus = from.openBus?.('channel');
  if (bus === undefined) throw new Error('redis has a bus');
  return bus;
};

describe('a server that hangs', () => {
  test('a late reply goes to nobody', async () => {
    await backend.tier.set('a', bytes('A'));
    await backend.tier.set('b', bytes('B'));
    freeze();
    const late = await backend.tier.get('a').catch((error: unknown) => error);
    expect(isCachectlError(late, 'DEADLINE_EXCEEDED')).toBe(true);
    const waiting = textOf(backend, 'b');
    thaw();
    expect(await waiting).toBe('B');
    expect(await textOf(backend, 'b')).toBe('B');
  });

  test('is cut off after a second of silence: calls fail at once; it is used right after it wakes up', async () => {
    await backend.tier.set('key', bytes('v'));
    freeze();
    await eventually(async () => {
      const start = performance.now();
      await expect(backend.tier.get('key')).rejects.toSatisfy((e) =>
        isCachectlError(e, 'SERVER_UNREACHABLE'),
      );
      expect(performance.now() - start).toBeLessThan(DEADLINE_MS / 2);
    });
    thaw();
    await eventually(async () => expect(await textOf(backend, 'key')).toBe('v'), 750);
  });

  test('a command is never sent twice', async () => {
    const address = parseRedisUrl(server.url);
    const connection = await RedisConnection.open({ address, deadlineMs: DEADLINE_MS, silenceMs: 0 });
    freeze();
    const calls = Array.from({ length: 20 }, () => connection.send('eval', [INCREMENT, 1, 'counter']));
    for (const outcome of await Promise.allSettled(calls)) expect(outcome.status).toBe('rejected');
    await eventually(async () => {
      await connection.send('ping', []).catch(() => {});
      expect(connection.up).toBe(false);
    });
    thaw();
    await eventually(async () => void (await connection.send('ping', [])));
    expect(Number(await admin.get('counter'))).toBeLessThanOrEqual(20);
    connection.close();
  });

  test('the bus is told down within about a second, then up, and hears again', async () => {
    const bus = busOf(backend);
    const states: BusState[] = [];
    const heard: string[] = [];
    await bus.subscribe({
      onMessage: (message) => heard.push(Buffer.from(message).toString()),
      onState: (state) => states.push(state),
    });
    freeze();
    await eventually(async () => expect(states).toEqual(['down']), 2000);
    await expect(bus.subscribe({ onMessage: () => {} })).rejects.toSatisfy((e) =>
      isCachectlError(e, 'SERVER_UNREACHABLE'),
    );
    thaw();
    await eventually(async () => expect(states).toEqual(['down', 'up']));
    await eventually(async () => void (await bus.publish(bytes('again'))));
    await eventually(async () => expect(heard).toContain('again'));
  });

  test('a first subscription to it fails within the deadline; a later one works', async () => {
    const bus = busOf(backend);
    freeze();
    const start = performance.now();
    await expect(bus.subscribe({ onMessage: () => {} })).rejects.toSatisfy((e) =>
      isCachectlError(e, 'SERVER_UNREACHABLE'),
    );
    expect(performance.now() - start).toBeLessThan(DEADLINE_MS + 750);
    thaw();
    await eventually(async () => void (await bus.subscribe({ onMessage: () => {} })));
  });
});

describe('connections that are lost', () => {
  test('30 times: each is restored, nothing is heard twice, nothing piles up', async () => {
    const bus = busOf(backend);
    const heard: string[] = [];
    const states: BusState[] = [];
    await bus.subscribe({
      onMessage: (message) => heard.push(Buffer.from(message).toString()),
      onState: (state) => states.push(state),
    });
    const before = held();
    for (let round = 1; round <= 30; round++) {
      await cutAll();
      await eventually(async () => {
        expect(states).toHaveLength(2 * round);
        expect(states.at(-1)).toBe('up');
        await backend.tier.set('key', bytes(String(round)));
      });
    }
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => backend.tier.set(key, bytes(key))));
    expect(await Promise.all(keys.map((key) => textOf(backend, key)))).toEqual(keys);
    await bus.publish(bytes('once'));
    await eventually(async () => expect(heard).toEqual(['once']));
    expect(
      String(await admin.call('CLIENT', 'LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(3);
    await delay(systemClock, DEADLINE_MS + 20);
    expect(held()).toBeLessThanOrEqual(before);
  });

  test('calls in flight reject when the socket is lost, without waiting for their deadline', async () => {
    const patient = await openRedis({ url: server.url, deadlineMs: 60_000 });
    freeze();
    const calls = Array.from({ length: 50 }, (_, i) => patient.tier.set(`k${i}`, bytes('v')));
    const outcomes = Promise.allSettled(calls);
    process.kill(server.pid, 'SIGKILL'); // stop() would wake it up first
    await server.stop();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SERVER_UNREACHABLE' } });
    }
    await patient.close();
  });

  test('closing while the connection is being restored ends the attempts', async () => {
    await backend.close();
    admin.disconnect();
    await delay(systemClock, 50);
    const before = held();
    const clock = new ManualClock();
    const address = parseRedisUrl(server.url);
    const connection = await RedisConnection.open({ address, deadlineMs: DEADLINE_MS, clock });
    await server.stop();
    await eventually(async () => expect(connection.up).toBe(false));
    expect(clock.pendingTimers).toBe(1);
    connection.close();
    expect(clock.pendingTimers).toBe(0);
    await eventually(async () => expect(held()).toBeLessThanOrEqual(before), 500);
  });
});
