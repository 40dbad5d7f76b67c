import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import type { Backend } from '../../src/backends/backend.ts';
import type { Limiter } from '../../src/backends/limiter.ts';
import type { Queue, QueueMessage } from '../../src/backends/queue.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { queueScripts } from '../../src/backends/redis/queue-scripts.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';

const NOW = { most: 10, waitMs: 0, abandonedMs: 60_000 };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const texts = (messages: readonly QueueMessage[]): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString());

let server: PrivateServer;
let admin: Redis;
let backend: Backend;
let queue: Queue;
beforeAll(async () => {
  server = await startRedis(process.env);
  admin = new Redis(server.url.replace('redis+unix://', ''));
});
beforeEach(async () => {
  await admin.flushall();
  backend = await openRedis({ url: server.url, deadlineMs: 2000 });
  queue = openQueue(backend);
  return () => backend.close();
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

function openQueue({ openQueue: open }: Backend): Queue {
  if (open === undefined) throw new Error('redis has queues');
  return open('queue');
}

function limiterOf({ limiter }: Backend): Limiter {
  if (limiter === undefined) throw new Error('redis has a limiter');
  return limiter;
}

async function consumers(): Promise<string[]> {
  const reply = (await admin.xinfo('CONSUMERS', 'queue', 'workers')) as string[][];
  return reply.map((fields) => fields[1] ?? '').toSorted();
}

/** Lets the server carry out what was sent, while this process does not read its answers. */
async function carriedOut(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const end = performance.now() + 50;
  while (performance.now() < end);
}

async function untilBlocked(clients: number): Promise<void> {
  await eventually(async () => expect(await admin.info('clients')).toContain(`blocked_clients:${clients}\r`));
}

describe('the stream and its group are made anew when they are missing', () => {
  test('while nobody waits', async () => {
    await queue.append([bytes('1')]);
    await queue.take('worker', NOW);
    await admin.xgroup('DESTROY', 'queue', 'workers');
    await queue.append([bytes('2')]);
    expect(texts(await queue.take('worker', NOW))).toEqual(['1', '2']);
    await admin.del('queue');
    expect(await queue.take('worker', NOW)).toEqual([]);
  });

  test('while somebody waits', async () => {
    for (const lose of [
      () => admin.del('queue'),
      () => admin.xgroup('DESTROY', 'queue', 'workers'),
      () => admin.flushall(),
    ]) {
      const waiting = queue.take('worker', { ...NOW, waitMs: 10_000 });
      await untilBlocked(1);
      await lose();
      await queue.append([bytes('1')]);
      const messages = await waiting;
      expect(texts(messages)).toEqual(['1']);
      await queue.acknowledge(messages.map(({ id }) => id));
    }
  });
});

test('appends that are not waited for stay in order, also while the server learns its scripts', async () => {
  await admin.script('FLUSH');
  const first = queue.append([bytes('1')]);
  await carriedOut();
  const learnt = admin.script('LOAD', queueScripts.append.lua);
  await carriedOut();
  const second = queue.append([bytes('2')]);
  await Promise.all([first, learnt, second]);
  expect(texts(await queue.take('worker', NOW))).toEqual(['1', '2']);
});

test('what is acknowledged takes no memory, in the stream or in the group', async () => {
  await queue.append(Array.from({ length: 2500 }, (_, i) => bytes(`m${i}`)));
  const messages = await queue.take('worker', { ...NOW, most: 2500 });
  await queue.acknowledge(messages.map(({ id }) => id));
  expect(await admin.xlen('queue')).toBe(0);
  expect(await admin.xpending('queue', 'workers')).toEqual([0, null, null, null]);
});

test('reads that wait share few connections, which end with the queue', async () => {
  const clients = async (): Promise<number> =>
    Number(/connected_clients:(\d+)/.exec(await admin.info())?.[1]);
  const before = await clients();
  for (let i = 0; i < 3; i++) {
    await Promise.all(['a', 'b'].map((consumer) => queue.take(consumer, { ...NOW, waitMs: 20 })));
  }
  expect(await clients()).toBe(before + 2);
  await queue.close();
  await eventually(async () => expect(await clients()).toBe(before));
});

test('consumers that have nothing are forgotten when they leave, those that have something are not', async () => {
  await queue.append(['1', '2', '3'].map(bytes));
  const other = await openRedis({ url: server.url });
  await openQueue(other).take('stays', { ...NOW, most: 1 });
  await queue.take('has one', { ...NOW, most: 1 });
  const done = await queue.take('has none', NOW);
  await queue.acknowledge(done.map(({ id }) => id));
  expect(await consumers()).toEqual(['has none', 'has one', 'stays']);
  await queue.close();
  expect(await consumers()).toEqual(['has one', 'stays']);
  expect(texts(await openQueue(other).take('heir', { ...NOW, abandonedMs: 0 }))).toEqual(['1', '2']);
  await other.close();
});

test('abandoned messages are found behind many that others still work on', async () => {
  await queue.append(Array.from({ length: 500 }, (_, i) => bytes(`m${i}`)));
  await queue.take('works', { ...NOW, most: 490 });
  const last = await queue.take('dies', { ...NOW, most: 5 });
  for (const { id } of last) await admin.xclaim('queue', 'workers', 'dies', 0, id, 'IDLE', 90_000, 'JUSTID');
  const taken = await queue.take('heir', { ...NOW, most: 7 });
  expect(texts(taken)).toEqual(['m490', 'm491', 'm492', 'm493', 'm494', 'm495', 'm496']);
  expect(taken.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 2, 2, 1, 1]);
});

test('sequences ascend although the stream was lost, because they are of the clock', async () => {
  await queue.append([bytes('1')]);
  const [first] = await queue.take('worker', NOW);
  await admin.flushall();
  await delay(systemClock, 2);
  await queue.append([bytes('2')]);
  const [second] = await queue.take('worker', NOW);
  expect(second?.sequence).toBeGreaterThan(first?.sequence ?? 0n);
});

describe('the limiter', () => {
  test('leaves nothing of a key once its window is over, and refused hits do not prolong it', async () => {
    const limit = { limit: 1, windowMs: 150 };
    await limiterOf(backend).hit('key', limit);
    expect(await admin.pttl('key')).toBeGreaterThan(50);
    await delay(systemClock, 100);
    await limiterOf(backend).hit('key', limit);
    expect(await admin.pttl('key')).toBeLessThanOrEqual(50);
    await eventually(async () => expect(await admin.exists('key')).toBe(0), 500);
  });

  test('its times never descend, so that a clock that is set back allows nothing more', async () => {
    const limit = { limit: 2, windowMs: 60_000 };
    const ahead = (Date.now() + 5000) * 1000;
    await admin.rpush('key', ahead);
    expect(await limiterOf(backend).hit('key', limit)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await admin.lrange('key', 0, -1)).toEqual([String(ahead), String(ahead)]);
    expect(await limiterOf(backend).hit('key', limit)).toMatchObject({
      allowed: false,
      retryAfterMs: 60_000,
    });
  });

  test('knows its script again after the server lost it', async () => {
    const limit = { limit: 2, windowMs: 60_000 };
    await limiterOf(backend).hit('key', limit);
    await admin.script('FLUSH');
    expect(await limiterOf(backend).hit('key', limit)).toMatchObject({ allowed: true, remaining: 0 });
  });
});
