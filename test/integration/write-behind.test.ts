import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Queue } from '../../src/backends/queue.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { type QueuedWrite, queueWrites } from '../../src/engine/queued-writes.ts';
import { startWriteBehind } from '../../src/engine/write-behind.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { eventually } from '../contract/tier-contract.ts';
import { KEYS, QUEUE } from '../support/write-behind-host.ts';

const HOST = join(import.meta.dirname, '../support/write-behind-host.ts');

let server: PrivateServer;
let backend: Backend;
let queue: Queue;
beforeAll(async () => {
  server = await startRedis(process.env);
  backend = await openRedis({ url: server.url, deadlineMs: 5000 });
  if (backend.openQueue === undefined) throw new Error('redis has queues');
  queue = backend.openQueue(QUEUE);
});
afterAll(async () => {
  await backend.close();
  await server.stop();
});

/** Runs the host, and kills it once it has printed so many lines. All that it printed. */
async function killedAfter(action: string, count: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOST, action, server.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const output = createInterface(child.stdout);
  output.on('line', (line) => {
    lines.push(line);
    // a little later, when who applies has taken the next writes and is at work on them
    if (lines.length === count) setTimeout(() => child.kill('SIGKILL'), 10);
  });
  const [[, signal]] = await Promise.all([once(child, 'exit'), once(output, 'close')]);
  expect(signal).toBe('SIGKILL');
  return lines;
}

/** The numbers of each key, in the order in which they came. */
function byKey(writes: readonly (readonly [key: string, number: number])[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [key, number] of writes) found.set(key, [...(found.get(key) ?? []), number]);
  return found;
}

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

test('kill -9 of who queues and of who applies loses no write; of a key they come in order', async () => {
  const queued = (await killedAfter('queue', 3000)).map(Number);
  expect(await queue.pending()).toBeGreaterThanOrEqual(queued.length);

  const first = (await killedAfter('apply', 1000)).map((line): [string, number] => {
    const [key = '', number = ''] = line.split(' ');
    return [key, Number(number)];
  });
  expect(await queue.pending()).toBeGreaterThan(0);

  const second: [string, number][] = [];
  const again: QueuedWrite<number>[] = [];
  const worker = startWriteBehind<number>({
    queue,
    applyTimeout: 100,
    abandonedAfter: 200,
    apply: (writes) => {
      second.push(...writes.map(({ key, value }): [string, number] => [key, value]));
      again.push(...writes.filter(({ deliveries }) => deliveries > 1));
    },
    onPoison: () => {
      throw new Error('nothing is given up');
    },
  });
  await eventually(async () => expect(await queue.pending()).toBe(0), 10_000);
  expect(await worker.close()).toBe(true);

  const applied = new Set([...first, ...second].map(([, number]) => number));
  expect(queued.filter((number) => !applied.has(number))).toEqual([]);
  expect(again.length).toBeLessThanOrEqual(50);
  const redelivered = new Set(again.map(({ value }) => value));
  const orders = [byKey(first), byKey(second.filter(([, number]) => !redelivered.has(number)))];
  for (const order of orders) {
    expect(order.size).toBe(KEYS);
    for (const numbers of order.values()) expect(numbers).toEqual(ascending(numbers));
  }
});

test('sequences let a database refuse what is older than it has', async () => {
  const rows = new Map<string, { value: unknown; version: bigint }>();
  await queueWrites(queue, [{ key: 'a', value: 'old' }]);
  await queue.take('dies', { most: 1, waitMs: 0, abandonedMs: 60_000 });
  await queueWrites(queue, [{ key: 'a', value: 'new' }]);
  const worker = startWriteBehind({
    queue,
    applyTimeout: 100,
    abandonedAfter: 200,
    apply: (writes) => {
      for (const { key, value, sequence } of writes) {
        if (sequence > (rows.get(key)?.version ?? -1n)) rows.set(key, { value, version: sequence });
      }
    },
    onPoison: () => {},
  });
  await eventually(async () => expect(await queue.pending()).toBe(0));
  await worker.close();
  expect(rows.get('a')?.value).toBe('new');
  expect(worker.counts().applied).toBe(2);
});
