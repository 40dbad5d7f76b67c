import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Queue, QueueMessage, TakeOptions } from '../../src/backends/queue.ts';
import { isCachectlError } from '../../src/base/errors.ts';
import { eventually, type ServerFaults } from './tier-contract.ts';

export interface QueueUnderTest {
  /** Opens a named queue as one process, or another one, has it. */
  near(name: string): Queue;
  far(name: string): Queue;
  readonly deadlineMs: number;
  pass(ms: number): Promise<void>;
  readonly faults: ServerFaults | string;
  dispose(): Promise<void>;
}

const SLACK_MS = 750;
const NOW: TakeOptions = { most: 100, waitMs: 0, abandonedMs: 60_000 };

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const texts = (messages: readonly QueueMessage[]): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString());
const ids = (messages: readonly QueueMessage[]): string[] => messages.map(({ id }) => id);
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const ascends = (messages: readonly QueueMessage[]): boolean =>
  messages.every(({ sequence }, i) => i === 0 || sequence > (messages[i - 1]?.sequence ?? 0n));
const isClosed = (error: unknown): boolean => isCachectlError(error, 'CLOSED');
const cannotTell = (error: unknown): boolean =>
  isCachectlError(error, 'DEADLINE_EXCEEDED', 'SERVER_UNREACHABLE');

/** Holds a queue to its contract (src/backends/queue.ts). */
export function describeQueueContract(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(`queue contract: ${name}`, () => {
    let subject: QueueUnderTest;
    let near: Queue;
    let far: Queue;
    let id = 0;
    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(() => {
      near = subject.near(`queue ${++id}`);
      far = subject.far(`queue ${id}`);
    });
    afterAll(() => subject?.dispose());

    test('hands out what was appended, in order, byte for byte, once', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await near.append([bytes('first'), all]);
      await far.append([bytes('')]);
      const messages = await far.take('worker', NOW);
      expect(messages.map(({ body }) => Buffer.from(body).toString('hex'))).toEqual([
        Buffer.from('first').toString('hex'),
        Buffer.from(all).toString('hex'),
        '',
      ]);
      expect(messages.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1]);
      expect(new Set(ids(messages)).size).toBe(3);
      expect(ascends(messages)).toBe(true);
      expect((messages[0]?.sequence ?? 0n) < 2n ** 63n).toBe(true);
      expect(await near.take('other', NOW)).toEqual([]);
    });

    test('no messages are appended as none, and none are acknowledged', async () => {
      await near.append([]);
      await near.acknowledge([]);
      expect(await near.pending()).toBe(0);
    });

    test('sequences ascend when the queue was empty in between', async () => {
      const taken: QueueMessage[] = [];
      for (const text of numbered('m', 5)) {
        await near.append([bytes(text)]);
        const messages = await far.take('worker', NOW);
        await far.acknowledge(ids(messages));
        taken.push(...messages);
      }
      expect(taken).toHaveLength(5);
      expect(ascends(taken)).toBe(true);
    });

    test('the messages of one call follow each other', async () => {
      const batches = numbered('b', 20);
      await Promise.all(
        batches.map((batch, i) => (i % 2 === 0 ? near : far).append(numbered(`${batch}:`, 10).map(bytes))),
      );
      const taken = texts(await near.take('worker', { ...NOW, most: 1000 }));
      const starts = taken.filter((_, i) => i % 10 === 0).map((text) => text.split(':')[0] ?? '');
      expect(starts.toSorted()).toEqual(batches.toSorted());
      expect(taken).toEqual(starts.flatMap((batch) => numbered(`${batch}:`, 10)));
    });

    test('never hands out more than asked for; every message goes to one consumer', async () => {
      const sent = numbered('m', 200);
      await near.append(sent.map(bytes));
      const consume = async (queue: Queue, consumer: string): Promise<string[]> => {
        const got: string[] = [];
        for (;;) {
          const messages = await queue.take(consumer, { ...NOW, most: 7 });
          expect(messages.length).toBeLessThanOrEqual(7);
          if (messages.length === 0) return got;
          got.push(...texts(messages));
        }
      };
      const got = await Promise.all(
        ['a', 'b', 'c', 'd'].map((consumer, i) => consume(i % 2 === 0 ? near : far, consumer)),
      );
      expect(got.flat().toSorted()).toEqual(sent.toSorted());
    });

    test('waits for messages, and gives up after waitMs', async () => {
      const empty = far.take('worker', { ...NOW, waitMs: 100 });
      await subject.pass(150);
      expect(await empty).toEqual([]);
      const start = performance.now();
      const waiting = far.take('worker', { ...NOW, waitMs: 15_000 });
      await subject.pass(50);
      await near.append([bytes('here')]);
      expect(texts(await waiting)).toEqual(['here']);
      expect(performance.now() - start).toBeLessThan(5000);
    });

    test('who waits holds up no other call', async () => {
      const waiting = ['a', 'b'].map((consumer) => near.take(consumer, { ...NOW, most: 1, waitMs: 15_000 }));
      await subject.pass(50);
      const start = performance.now();
      expect(await near.take('c', NOW)).toEqual([]);
      await near.append([bytes('1'), bytes('2')]);
      expect(await near.pending()).toBe(2);
      expect((await Promise.all(waiting)).flatMap(texts).toSorted()).toEqual(['1', '2']);
      expect(performance.now() - start).toBeLessThan(5000);
    });

    test('what is not acknowledged in its time is given to another, first, and counted', async () => {
      await near.append(['1', '2'].map(bytes));
      const first = await near.take('dies', NOW);
      await near.append(['3'].map(bytes));
      const early = await far.take('heir', { ...NOW, most: 1 });
      expect(texts(early)).toEqual(['3']);
      await far.acknowledge(ids(early));
      await near.append(['4', '5'].map(bytes));
      await subject.pass(160);
      const taken = await far.take('heir', { most: 3, waitMs: 0, abandonedMs: 150 });
      expect(taken.map(({ deliveries }) => deliveries)).toEqual([2, 2, 1]);
      expect(texts(taken)).toEqual(['1', '2', '4']);
      expect(ids(taken).slice(0, 2)).toEqual(ids(first));
      expect(taken[0]?.sequence).toBe(first[0]?.sequence);
      expect(await near.take('dies', { ...NOW, most: 1, abandonedMs: 60_000 })).toHaveLength(1);
    });

    test('who says in time that he works on it keeps it, and only he', async () => {
      await near.append(['1', '2', '3'].map(bytes));
      const mine = await near.take('slow', { ...NOW, most: 2 });
      const others = await near.take('dies', NOW);
      await subject.pass(350);
      await near.extend('slow', [...ids(mine), ...ids(others), '1-1']);
      await near.extend('slow', []);
      await subject.pass(200);
      const taken = await far.take('heir', { ...NOW, abandonedMs: 500 });
      expect(texts(taken)).toEqual(['3']);
      await near.extend('dies', ids(others));
      await subject.pass(270);
      const rest = await far.take('heir', { ...NOW, abandonedMs: 450 });
      expect(texts(rest)).toEqual(['1', '2']);
      expect(rest.map(({ deliveries }) => deliveries)).toEqual([2, 2]);
    });

    test('also to the one that took it before, and to one that waits', async () => {
      await near.append([bytes('1')]);
      await near.take('worker', NOW);
      const waiting = near.take('worker', { most: 1, waitMs: 3000, abandonedMs: 150 });
      await subject.pass(200);
      await subject.pass(1000);
      const messages = await waiting;
      expect(texts(messages)).toEqual(['1']);
      expect(messages[0]?.deliveries).toBe(2);
    });

    test('what many left behind is found completely', async () => {
      const sent = numbered('m', 300);
      await near.append(sent.map(bytes));
      await near.take('dies', { ...NOW, most: 250 });
      await subject.pass(60);
      const taken: QueueMessage[] = [];
      while (taken.length < 300) {
        const messages = await far.take('heir', { most: 40, waitMs: 0, abandonedMs: 50 });
        expect(messages.length).toBeGreaterThan(0);
        await far.acknowledge(ids(messages));
        taken.push(...messages);
      }
      expect(texts(taken)).toEqual(sent);
    });

    test('what is acknowledged never comes again; the rest is pending', async () => {
      await near.append(['1', '2', '3'].map(bytes));
      expect(await far.pending()).toBe(3);
      const taken = await near.take('worker', NOW);
      expect(await far.pending()).toBe(3);
      await far.acknowledge(ids(taken).slice(0, 2));
      await far.acknowledge([...ids(taken).slice(0, 1), '1-1']);
      expect(await near.pending()).toBe(1);
      await subject.pass(60);
      expect(texts(await far.take('other', { ...NOW, abandonedMs: 50 }))).toEqual(['3']);
    });

    test('queues of other names are others', async () => {
      await near.append([bytes('1')]);
      expect(await subject.near('another').take('worker', NOW)).toEqual([]);
      expect(await subject.near('another').pending()).toBe(0);
    });

    test('a closed queue: who waits is told at once, and every call rejects with CLOSED', async () => {
      const waiting = far.take('worker', { ...NOW, waitMs: 15_000 }).then(
        () => 'settled',
        (error: unknown) => (isClosed(error) ? 'closed' : error),
      );
      await subject.pass(50);
      const start = performance.now();
      await far.close();
      await far.close();
      expect(await waiting).toBe('closed');
      expect(performance.now() - start).toBeLessThan(300);
      await expect(far.append([bytes('1')])).rejects.toSatisfy(isClosed);
      await expect(far.take('worker', NOW)).rejects.toSatisfy(isClosed);
      await expect(far.extend('worker', ['1-1'])).rejects.toSatisfy(isClosed);
      await expect(far.acknowledge(['1-1'])).rejects.toSatisfy(isClosed);
      await expect(far.pending()).rejects.toSatisfy(isClosed);
    });

    test('what was not acknowledged by a queue that was closed is given to another', async (context) => {
      if (near === far) return context.skip('one queue for all: it is gone when it is closed');
      await near.append(['1', '2'].map(bytes));
      await far.take('leaves', { ...NOW, most: 1 });
      await far.close();
      await subject.pass(60);
      expect(texts(await near.take('heir', { ...NOW, abandonedMs: 50 }))).toEqual(['1', '2']);
    });

    describe('a server that fails', () => {
      const settled = async (call: Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
        const start = performance.now();
        const error = await call.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        return { error, ms: performance.now() - start };
      };
      const calls = (): Promise<unknown>[] => [
        near.append([bytes('1')]),
        near.take('worker', { ...NOW, waitMs: 100 }),
        near.extend('worker', ['1-1']),
        near.acknowledge(['1-1']),
        near.pending(),
      ];

      test('hung: calls settle within the deadline, those that wait too; then it works again', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        const waiting = settled(near.take('waits', { ...NOW, waitMs: 300 }));
        await subject.pass(50);
        await subject.faults.freeze();
        const outcomes = await Promise.all([...calls().map(settled), waiting]);
        await subject.faults.thaw();
        for (const { error, ms } of outcomes) {
          expect(error).toSatisfy(cannotTell);
          expect(ms).toBeLessThan(300 + subject.deadlineMs + SLACK_MS);
        }
        await eventually(async () => {
          await near.append([bytes('again')]);
          const messages = await near.take('worker', { ...NOW, waitMs: 100 });
          expect(texts(messages)).toContain('again');
        });
      });

      test('killed: calls settle within the deadline; a new one is used again', async (context) => {
        if (typeof subject.faults === 'string') return context.skip(subject.faults);
        const waiting = settled(near.take('waits', { ...NOW, waitMs: 15_000 }));
        await subject.pass(50);
        await subject.faults.kill();
        for (const { error, ms } of await Promise.all([...calls().map(settled), waiting])) {
          expect(error).toSatisfy(cannotTell);
          expect(ms).toBeLessThan(subject.deadlineMs + SLACK_MS);
        }
        await subject.faults.restart();
        await eventually(async () => {
          await near.append([bytes('again')]);
          const messages = await near.take('worker', { ...NOW, waitMs: 500 });
          expect(texts(messages)).toContain('again');
        });
      });
    });
  });
}
