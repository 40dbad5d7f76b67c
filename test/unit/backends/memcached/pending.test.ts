import { expect, test } from 'vitest';
import { PendingQueue, PendingReply } from '../../../../src/backends/memcached/pending.ts';
import type { Reply } from '../../../../src/backends/memcached/reply.ts';

const reply = (line: string): Reply => ({
  kind: 'STAT',
  value: undefined,
  ttlSeconds: undefined,
  cas: undefined,
  clientFlags: 0,
  size: undefined,
  turn: undefined,
  line,
});

test('a call that was given up keeps its place until its reply has come', () => {
  const queue = new PendingQueue();
  const told: string[] = [];
  const add = (name: string, dueMs: number): void =>
    queue.push(
      new PendingReply(
        dueMs,
        ({ line }) => line,
        (line) => told.push(`${name}=${line}`),
        () => told.push(`${name} late`),
      ),
    );
  add('a', 10);
  add('b', 20);
  add('c', 30);
  queue.expire(20, () => new Error('late'));
  expect(queue.firstLive?.dueMs).toBe(30);
  for (const line of ['1', '2', '3']) {
    expect(queue.head?.take(reply(line))).toBe(true);
    queue.removeHead();
  }
  expect(queue.isEmpty).toBe(true);
  // The late replies 1 and 2 went to nobody: a settled promise ignores them, which these callbacks do not.
  expect(told).toEqual(['a late', 'b late', 'a=1', 'b=2', 'c=3']);
});

test('many come and go, and the oldest is always first', () => {
  const queue = new PendingQueue();
  let pushed = 0;
  let removed = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 40; i++)
      queue.push(
        new PendingReply(
          pushed++,
          () => 0,
          () => {},
          () => {},
        ),
      );
    for (let i = 0; i < (round < 100 ? 30 : 49) && !queue.isEmpty; i++) {
      expect(queue.head?.dueMs).toBe(removed++);
      queue.removeHead();
    }
    expect(queue.firstLive?.dueMs).toBe(queue.head?.dueMs);
  }
  let rejected = 0;
  queue.push(
    new PendingReply(
      pushed,
      () => 0,
      () => {},
      () => rejected++,
    ),
  );
  queue.clear(() => new Error('lost'));
  expect(rejected).toBe(1);
  expect(queue.isEmpty).toBe(true);
});
