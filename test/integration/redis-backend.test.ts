import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { openRedisPool } from '../../src/backends/redis/pool.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const clients = async (): Promise<number> =>
  String(await admin.call('CLIENT', 'LIST'))
    .trim()
    .split('\n').length;

let server: PrivateServer;
let admin: Redis;
let backend: Backend;
beforeAll(async () => {
  server = await startRedis(process.env, { listen: await freePort() });
  admin = new Redis(server.url);
  backend = await openRedis({ url: server.url, deadlineMs: 5000 });
});
beforeEach(async () => void (await admin.flushall()));
afterAll(async () => {
  await backend.close();
  admin.disconnect();
  await server.stop();
});

test('a prefix is what it says, whatever characters it has; large ones are deleted completely', async () => {
  const prefixes = ['a*', 'a?', '[ab]', 'a\\', '^', 'ä\0\n', 'x]', '{t}-'];
  for (const prefix of prefixes) {
    const inside = [prefix, `${prefix}1`, `${prefix}*`];
    const outside = ['a', 'ab', 'abc', 'b', 'x', `_${prefix}`];
    await backend.tier.setMany([...inside, ...outside].map((key) => ({ key, value: bytes('v') })));
    expect(await backend.tier.deletePrefix(prefix)).toBe(inside.length);
    expect(await backend.tier.deleteMany(outside)).toBe(outside.length);
  }
  const many = Array.from({ length: 5000 }, (_, i) => ({ key: `many:${i}`, value: bytes('v') }));
  await backend.tier.setMany(many);
  expect(await backend.tier.deletePrefix('many:')).toBe(5000);
  expect((await backend.tier.stats()).entries).toBe(0);
});

test('a batch larger than one command keeps its order', async () => {
  const keys = Array.from({ length: 2500 }, (_, i) => `k${i}`);
  await backend.tier.setMany(
    keys.map((key, i) => ({ key, value: bytes(key), ttlMs: i % 2 === 0 ? 60_000 : undefined })),
  );
  const hits = await backend.tier.getMany(keys, { withTtl: true });
  expect(hits.map((hit) => hit && Buffer.from(hit.value).toString())).toEqual(keys);
  expect(hits.every((hit, i) => (hit?.ttlMs === undefined) === (i % 2 === 1))).toBe(true);
  expect(await backend.tier.deleteMany(keys)).toBe(2500);
});

test("a lease outlives the loss of the server's scripts", async () => {
  const grant = await backend.lease.acquire('lease', 60_000);
  if (!grant.granted) throw new Error('not granted');
  expect(await backend.lease.renew('lease', grant.token, 60_000)).toBe(true);
  await admin.script('FLUSH');
  expect(await backend.lease.renew('lease', grant.token, 60_000)).toBe(true);
  expect(await backend.lease.release('lease', grant.token)).toBe(true);
});

describe('the pool of the load tool', () => {
  test('each slot is a socket; calls work and have a deadline', async () => {
    const before = await clients();
    const pool = await openRedisPool({ url: server.url, connections: 5, deadlineMs: 100 });
    expect(await clients()).toBe(before + 5);
    await pool.set(0, 'key', bytes('v'), 60_000);
    expect(await admin.pttl('key')).toBeGreaterThan(0);
    expect(Buffer.from((await pool.get(4, 'key')) ?? []).toString()).toBe('v');
    expect(await pool.delete(3, 'key')).toBe(true);
    expect(await pool.get(2, 'key')).toBeUndefined();
    process.kill(server.pid, 'SIGSTOP');
    await expect(pool.get(1, 'key')).rejects.toSatisfy((e) => isCachectlError(e, 'DEADLINE_EXCEEDED'));
    process.kill(server.pid, 'SIGCONT');
    await pool.close();
    await expect(pool.get(1, 'key')).rejects.toSatisfy((e) => isCachectlError(e, 'CLOSED'));
  });

  test('when one socket cannot be opened none stays', async () => {
    const before = await clients();
    await admin.config('SET', 'maxclients', String(before + 2));
    await expect(openRedisPool({ url: server.url, connections: 5 })).rejects.toSatisfy((e) =>
      isCachectlError(e, 'SERVER_UNREACHABLE'),
    );
    await eventually(async () => expect(await clients()).toBe(before), 500);
    await admin.config('SET', 'maxclients', '1000');
  });
});
