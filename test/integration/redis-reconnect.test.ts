import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../src/backends/redis/address.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { BusState } from '../../src/backends/bus.ts';
import { RedisConnection } from '../../src/backends/redis/connection.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const DEADLINE_MS = 200;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

let port: number;
let server: PrivateServer;
let admin: Redis;
beforeEach(async () => {
  port = await freePort();
  server = await startRedis(process.env, { listen: port });
  admin = new Redis(server.url);
});
afterEach(async () => {
  admin.disconnect();
  await server.stop();
});

describe('the socket that was given up', () => {
  /** Keeps the server busy for some 3 ms, so that it looks at its other sockets before the next one comes. */
  const SLOW_SET = `for i = 1, 60000 do end return redis.call('set', KEYS[1], ARGV[1])`;

  test('what waited in it is not carried out after calls on the new one succeeded', async () => {
    const connection = await RedisConnection.open({
      address: parseRedisUrl(server.url),
      deadlineMs: DEADLINE_MS,
    });
    const padding = Buffer.alloc(17_000, 'x');
    process.kill(server.pid, 'SIGSTOP');
    const calls = Array.from({ length: 200 }, () =>
      connection.send('eval', [SLOW_SET, 1, 'key', 'late', padding]),
    );
    for (const outcome of await Promise.allSettled(calls)) expect(outcome.status).toBe('rejected');
    await eventually(async () => {
      await connection.send('ping', []).catch(() => {});
      expect(connection.up).toBe(false);
    });
    process.kill(server.pid, 'SIGCONT');
    await eventually(async () => void (await connection.send('set', ['key', 'new'])));
    for (let look = 0; look < 30; look++) {
      expect(String(await connection.send('get', ['key']))).toBe('new');
      await delay(systemClock, 10);
    }
    connection.close();
  });

  test('what is delivered late, by whatever is between, is not carried out', async () => {
    const held: (() => void)[] = [];
    let holding = false;
    const between = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      near.on('data', (bytesOfClient) => {
        if (holding) held.push(() => far.write(bytesOfClient));
        else far.write(bytesOfClient);
      });
      far.on('data', (bytesOfServer) => near.write(bytesOfServer));
      for (const socket of [near, far]) socket.on('error', () => {});
    });
    between.listen(0, '127.0.0.1');
    await once(between, 'listening');
    const listening = between.address();
    const url = `redis://127.0.0.1:${listening instanceof Object ? listening.port : 0}`;
    const connection = await RedisConnection.open({ address: parseRedisUrl(url), deadlineMs: DEADLINE_MS });
    holding = true;
    await expect(connection.send('set', ['key', 'late'])).rejects.toThrow('did not answer');
    await eventually(async () => {
      await connection.send('ping', []).catch(() => {});
      expect(connection.up).toBe(false);
    });
    holding = false;
    await eventually(async () => void (await connection.send('set', ['key', 'new'])));
    for (const deliver of held) deliver();
    await delay(systemClock, 100);
    expect(String(await connection.send('get', ['key']))).toBe('new');
    connection.close();
    between.close();
  });

  test('is ended by its number only on the same run of the server, where numbers begin anew', async () => {
    const connection = await RedisConnection.open({
      address: parseRedisUrl(server.url),
      deadlineMs: DEADLINE_MS,
    });
    await server.stop();
    server = await startRedis(process.env, { listen: port });
    await eventually(async () => void (await connection.send('ping', [])));
    expect(await admin.info('commandstats')).not.toContain('client|kill');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await admin.config('RESETSTAT');
    await eventually(async () => void (await connection.send('ping', [])));
    await eventually(async () => expect(await admin.info('commandstats')).toContain('client|kill'));
    connection.close();
  });

  test('cannot be ended by a user who may not: then it is done without', async () => {
    await admin.call('ACL', 'SETUSER', 'plain', 'on', '>secret', '~*', '&*', '+@all', '-client', '-info');
    const url = `redis://plain:secret@127.0.0.1:${port}`;
    const connection = await RedisConnection.open({ address: parseRedisUrl(url), deadlineMs: DEADLINE_MS });
    await admin.call('CLIENT', 'KILL', 'USER', 'plain');
    await eventually(async () => expect(connection.up).toBe(false));
    await eventually(async () => void (await connection.send('ping', [])));
    connection.close();
  });
});

describe('1,000 lost connections', () => {
  /** The system's clock with short pauses, which counts its timers. */
  class HastyClock implements Clock {
    pending = 0;
    wallMs(): number {
      return systemClock.wallMs();
    }
    nowMs(): number {
      return systemClock.nowMs();
    }
    setTimer(...[callback, delayMs, options]: Parameters<Clock['setTimer']>): ReturnType<Clock['setTimer']> {
      this.pending++;
      let over = false;
      const end = (): void => {
        if (!over) this.pending--;
        over = true;
      };
      const isPause = delayMs < DEADLINE_MS;
      const cancel = systemClock.setTimer(
        () => {
          end();
          callback();
        },
        isPause ? delayMs / 50 : delayMs,
        options,
      );
      return () => {
        end();
        cancel();
      };
    }
  }

  const held = (): number =>
    process.getActiveResourcesInfo().filter((kind) => /Wrap|Timeout/.test(kind)).length;

  const openTracked = async (clock: Clock): Promise<{ backend: Backend; states: BusState[] }> => {
    const backend = await openRedis({ url: server.url, deadlineMs: 5000, clock });
    const states: BusState[] = [];
    const bus = backend.openBus?.('channel', { track: 'ns:' });
    await bus?.subscribe({ onMessage: () => {}, onState: (state) => states.push(state) });
    return { backend, states };
  };

  test(
    'are restored, and no timer, handle, listener or client of them stays',
    { timeout: 60_000 },
    async () => {
      const clock = new HastyClock();
      const { backend, states } = await openTracked(clock);
      await backend.tier.set('ns:key', bytes('v'));
      const listeners = (): number =>
        process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
      const before = { held: held(), pending: clock.pending, listeners: listeners() };
      for (let round = 1; round <= 1000; round++) {
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        if (round % 10 === 0) await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        while (states.length < 2 * round) await delay(systemClock, 1);
      }
      expect(states.filter((state) => state === 'up')).toHaveLength(1000);
      await eventually(() => backend.tier.set('ns:key', bytes('v')));
      expect(
        String(await admin.call('CLIENT', 'LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(3);
      await eventually(async () => {
        expect(held()).toBeLessThanOrEqual(before.held + 1);
        expect(clock.pending).toBeLessThanOrEqual(before.pending + 1);
      });
      expect(listeners()).toBe(before.listeners);
      await backend.close();
      await eventually(async () => expect(clock.pending).toBe(0));
    },
  );
});
