import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/clock.ts';
import { isCachectlError } from '../../../src/base/errors.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { MemoryQueue } from '../../../src/backends/memory/queue.ts';
import type { Queue } from '../../../src/backends/queue.ts';
import { messagePackCodec } from '../../../src/engine/codec.ts';
import { type QueuedWrite, queueWrites } from '../../../src/engine/queued-writes.ts';
import { startWriteBehind, type WriteBehind } from '../../../src/engine/write-behind.ts';
import type { PoisonWrite, WriteBehindOptions } from '../../../src/engine/write-behind-options.ts';
import { gate } from '../../support/tiers.ts';

const MINUTE = 60_000;

let clock: ManualClock;
let queue: MemoryQueue;
let workers: WriteBehind[];
/** `key=value` of each write that apply resolved for. */
let applied: string[];
let calls: number;
let poison: PoisonWrite[];
/** Decides on the writes of one call: throws, or waits. */
let database: (writes: readonly QueuedWrite[]) => Promise<void> | void;

beforeEach(() => {
  clock = new ManualClock();
  queue = new MemoryQueue(clock);
  workers = [];
  applied = [];
  calls = 0;
  poison = [];
  database = () => {};
});
afterEach(async () => {
  const closing = Promise.all(workers.map((worker) => worker.close({ deadline: 0 })));
  await clock.advance(1000);
  await closing;
  expect(clock.pendingTimers).toBe(0);
});

function start(options: Partial<WriteBehindOptions> = {}): WriteBehind {
  const worker = startWriteBehind({
    queue,
    clock,
    random: seededRandom(1),
    apply: async (writes) => {
      calls++;
      await database(writes);
      applied.push(...writes.map(({ key, value }) => `${key}=${String(value)}`));
    },
    onPoison: (write) => void poison.push(write),
    ...options,
  });
  workers.push(worker);
  return worker;
}

const put = (...writes: string[]): Promise<void> =>
  queueWrites(
    queue,
    writes.map((write) => ({ key: write.split('=')[0] ?? '', value: write.split('=')[1] })),
  );
const refuse =
  (...bad: string[]) =>
  (writes: readonly QueuedWrite[]): void => {
    const found = writes.find(
      ({ key, value }) => bad.includes(key) || bad.includes(`${key}=${String(value)}`),
    );
    if (found !== undefined) throw new Error(`constraint on ${found.key}`);
  };
const of = (key: string): string[] => applied.filter((write) => write.startsWith(`${key}=`));

describe('while nothing fails', () => {
  test('writes are applied in order, in batches, and leave the queue only then', async () => {
    const shut = gate();
    database = () => shut.opened;
    const sent = Array.from({ length: 25 }, (_, i) => `k${i % 3}=${i}`);
    await put(...sent);
    const worker = start({ batch: 10 });
    await clock.advance(100);
    expect([calls, applied.length, await queue.pending()]).toEqual([1, 0, 25]);
    shut.open();
    await clock.advance(100);
    expect(applied).toEqual(sent);
    expect([calls, await queue.pending()]).toEqual([3, 0]);
    expect(worker.counts()).toEqual({ applied: 25, failures: 0, poisoned: 0, superseded: 0 });
  });

  test('a write tells what it is: key, value, id and a sequence that ascends', async () => {
    const seen: QueuedWrite[] = [];
    start({ codec: messagePackCodec, apply: (writes) => void seen.push(...writes) });
    const bytes = new Uint8Array([1, 2, 255]);
    const at = new Date(5);
    await queueWrites(queue, [{ key: ['a:b', 1], value: { at } }], messagePackCodec);
    await queueWrites(queue, [{ key: 'ä', value: bytes }], messagePackCodec);
    await clock.advance(1);
    expect(seen).toMatchObject([
      { key: 'a%3Ab:1', value: { at }, deliveries: 1, superseded: false },
      { key: 'ä', value: Buffer.from(bytes), deliveries: 1, superseded: false },
    ]);
    expect(seen[1]?.sequence).toBeGreaterThan(seen[0]?.sequence ?? 0n);
    expect(seen[1]?.id).not.toBe(seen[0]?.id);
  });

  test('what is queued later is applied without delay', async () => {
    start();
    for (const write of ['a=1', 'b=1', 'a=2']) {
      await put(write);
      await clock.advance(1);
      expect(applied.at(-1)).toBe(write);
      await clock.advance(7 * MINUTE);
    }
  });

  test('with perKey latest only the last of the waiting writes of a key is applied, and all leave', async () => {
    await put('a=1', 'b=1', 'a=2', 'b=2', 'a=3', 'c=1');
    const worker = start({ perKey: 'latest' });
    await clock.advance(1);
    expect(applied).toEqual(['b=2', 'a=3', 'c=1']);
    expect(await queue.pending()).toBe(0);
    expect(worker.counts()).toMatchObject({ applied: 3, superseded: 3 });
  });
});

describe('a write that fails', () => {
  test('holds up later ones of its key, and no others', async () => {
    database = refuse('a=1');
    await put('b=1', 'a=1', 'c=1', 'a=2', 'b=2');
    start();
    await clock.advance(1);
    expect(applied).toEqual(['b=1', 'c=1', 'b=2']);
    await put('a=3', 'd=1');
    await clock.advance(1);
    expect(applied.at(-1)).toBe('d=1');
    database = () => {};
    await clock.advance(1000);
    expect(of('a')).toEqual(['a=1', 'a=2', 'a=3']);
    expect(await queue.pending()).toBe(0);
  });

  test('is tried again after pauses that grow up to the longest', async () => {
    const triedMs: number[] = [];
    database = () => {
      triedMs.push(clock.nowMs());
      throw new Error('no');
    };
    await put('a=1');
    start({ firstBackoff: 100, longestBackoff: 1000 });
    await clock.advance(MINUTE);
    const pauses = triedMs.slice(1).map((ms, i) => ms - (triedMs[i] ?? 0));
    for (const [i, pause] of pauses.entries()) {
      const full = Math.min(1000, 100 * 2 ** i);
      expect(pause).toBeGreaterThanOrEqual(full / 2);
      expect(pause).toBeLessThanOrEqual(full + 1);
    }
    expect(new Set(pauses.slice(5).map(Math.round)).size).toBeGreaterThan(10);
  });

  test('is given up when others are applied all the time, and the rest of its key goes on', async () => {
    database = refuse('a=1');
    await put('a=1', 'a=2');
    const worker = start({ maxFailures: 3 });
    for (let i = 0; i < 30; i++) {
      await put(`b=${i}`);
      await clock.advance(100);
    }
    expect(poison).toMatchObject([{ write: { key: 'a', value: '1' }, error: new Error('constraint on a') }]);
    expect(of('a')).toEqual(['a=2']);
    expect(of('b')).toHaveLength(30);
    expect(await queue.pending()).toBe(0);
    expect(worker.counts()).toMatchObject({ applied: 31, poisoned: 1 });
    const body = poison[0]?.body ?? new Uint8Array();
    await queue.append([body]);
    database = () => {};
    await clock.advance(1);
    expect(of('a')).toEqual(['a=2', 'a=1']);
  });

  test('is given up although there are only writes of its own key', async () => {
    database = refuse('a=0');
    start({ maxFailures: 3, batch: 5 });
    for (let i = 0; i < 200; i++) {
      await put(`a=${i}`);
      await clock.advance(100);
    }
    await clock.advance(MINUTE);
    expect(poison).toHaveLength(1);
    expect(of('a').at(-1)).toBe('a=199');
    expect(of('a')).toHaveLength(199);
  });

  test('an outage gives nothing up, however long, and few calls are made; then all is applied in order', async () => {
    const sent = Array.from({ length: 300 }, (_, i) => `k${i % 20}=${i}`);
    database = () => {
      throw new Error('connection refused');
    };
    await put(...sent);
    const worker = start({ maxFailures: 2, batch: 20 });
    await clock.advance(60 * MINUTE);
    expect(poison).toEqual([]);
    expect(calls).toBeLessThan(1500);
    expect(await queue.pending()).toBe(300);
    database = () => {};
    await clock.advance(2 * MINUTE);
    expect(poison).toEqual([]);
    expect(applied).toHaveLength(300);
    expect(await queue.pending()).toBe(0);
    for (let key = 0; key < 20; key++) {
      expect(of(`k${key}`)).toEqual(sent.filter((write) => write.startsWith(`k${key}=`)));
    }
    expect(worker.counts().poisoned).toBe(0);
  });

  test('what cannot be read is given up at once; where nobody keeps it, it stays', async () => {
    let isFull = true;
    const errors: string[] = [];
    start({
      onPoison: (write) => {
        if (isFull) throw new Error('disk full');
        poison.push(write);
      },
      onError: ({ stage }) => void errors.push(stage),
    });
    await queue.append([Buffer.from('not a write')]);
    await queueWrites(queue, [{ key: 'a', value: 1 }], messagePackCodec);
    await put('b=1');
    await clock.advance(1);
    expect(applied).toEqual(['b=1']);
    expect(errors).toEqual(['poison', 'poison']);
    expect(await queue.pending()).toBe(2);
    isFull = false;
    await clock.advance(2 * MINUTE);
    expect(poison.map(({ write, error }) => [write, isCachectlError(error, 'CORRUPT_ENTRY')])).toEqual([
      [undefined, true],
      [undefined, true],
    ]);
    expect(await queue.pending()).toBe(0);
  });

  test('an apply that hangs is aborted at its time, and tried again', async () => {
    const reasons: unknown[] = [];
    await put('a=1');
    start({
      applyTimeout: '2s',
      abandonedAfter: '10s',
      apply: (writes, { signal }) => {
        if (calls++ > 0) return void applied.push(...writes.map(({ key }) => key));
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return new Promise(() => {});
      },
    });
    await clock.advance(1990);
    expect(reasons).toEqual([]);
    await clock.advance(1000);
    expect(reasons).toHaveLength(1);
    expect(isCachectlError(reasons[0], 'DEADLINE_EXCEEDED')).toBe(true);
    expect(applied).toEqual(['a']);
  });
});

describe('several workers', () => {
  test('nobody takes what a living worker works on, however long it fails', async () => {
    database = refuse('a');
    await put('a=1');
    const first = start({ consumer: 'first' });
    await clock.advance(1);
    const stolen: QueuedWrite[] = [];
    start({ consumer: 'second', apply: (writes) => void stolen.push(...writes) });
    await clock.advance(20 * MINUTE);
    expect(stolen).toEqual([]);
    expect(first.counts().failures).toBeGreaterThan(20);
  });

  test('what a dead one left is applied by another, and marked when a newer one was', async () => {
    const seen: QueuedWrite[] = [];
    await put('a=1', 'b=1');
    await queue.take('dies', { most: 10, waitMs: 0, abandonedMs: MINUTE });
    await put('a=2');
    start({ apply: (writes) => void seen.push(...writes) });
    await clock.advance(2 * MINUTE);
    expect(
      seen.map(({ key, value, superseded, deliveries }) => [key, value, superseded, deliveries]),
    ).toEqual([
      ['a', '2', false, 1],
      ['a', '1', true, 2],
      ['b', '1', false, 2],
    ]);
    expect(await queue.pending()).toBe(0);
  });

  test('with perKey latest an older write never comes after a newer one of its key', async () => {
    await put('a=1', 'b=1');
    await queue.take('dies', { most: 10, waitMs: 0, abandonedMs: MINUTE });
    await put('a=2');
    const worker = start({ perKey: 'latest' });
    await clock.advance(2 * MINUTE);
    expect(applied).toEqual(['a=2', 'b=1']);
    expect(worker.counts().superseded).toBe(1);
    expect(await queue.pending()).toBe(0);
  });

  test('a write that ended its worker again and again holds up no others', async () => {
    await put('a=1');
    for (let i = 0; i < 9; i++) await queue.take('dies', { most: 10, waitMs: 0, abandonedMs: 0 });
    await put('b=1', 'c=1');
    await clock.advance(2 * MINUTE);
    const shut = gate();
    database = (writes) => (writes.some(({ key }) => key === 'a') ? shut.opened : undefined);
    start();
    await clock.advance(1);
    expect(applied).toEqual(['b=1', 'c=1']);
    shut.open();
    await clock.advance(1);
    expect(applied).toEqual(['b=1', 'c=1', 'a=1']);
  });
});

describe('a queue that fails', () => {
  /** The memory queue, with calls that fail as long as `fails` says so. */
  function faulty(fails: (operation: string) => boolean): Queue {
    const guard =
      <Args extends unknown[], R>(operation: string, call: (...args: Args) => Promise<R>) =>
      async (...args: Args): Promise<R> => {
        if (fails(operation)) throw new Error(`${operation} failed`);
        return call(...args);
      };
    return {
      append: (messages) => queue.append(messages),
      take: guard('take', (consumer, options) => queue.take(consumer, options)),
      extend: guard('extend', (consumer, ids) => queue.extend(consumer, ids)),
      acknowledge: guard('acknowledge', (ids) => queue.acknowledge(ids)),
      pending: () => queue.pending(),
      close: () => queue.close(),
    };
  }

  test('is asked again after pauses', async () => {
    let asked = 0;
    let isDown = true;
    const errors: string[] = [];
    start({
      queue: faulty((operation) => operation === 'take' && ++asked > 0 && isDown),
      onError: ({ stage }) => void errors.push(stage),
    });
    await put('a=1');
    await clock.advance(10 * MINUTE);
    expect(asked).toBeLessThan(60);
    expect(errors).toHaveLength(asked);
    isDown = false;
    await clock.advance(30_000);
    expect(applied).toEqual(['a=1']);
  });

  test('what could not be acknowledged is, later, and is not applied again', async () => {
    let isDown = true;
    start({ queue: faulty((operation) => operation === 'acknowledge' && isDown) });
    await put('a=1', 'b=1');
    await clock.advance(10_000);
    expect([applied, await queue.pending()]).toEqual([['a=1', 'b=1'], 2]);
    isDown = false;
    await clock.advance(1000);
    expect([applied, await queue.pending()]).toEqual([['a=1', 'b=1'], 0]);
  });
});

describe('close', () => {
  test('drains the queue first', async () => {
    await put(...Array.from({ length: 50 }, (_, i) => `a=${i}`));
    const worker = start({ batch: 7 });
    const closing = worker.close();
    await clock.advance(1);
    expect(await closing).toBe(true);
    expect(applied).toHaveLength(50);
    await put('late=1');
    await clock.advance(MINUTE);
    expect(of('late')).toEqual([]);
  });

  test('an idle worker ends within half a second', async () => {
    const worker = start();
    await clock.advance(1);
    const closing = worker.close();
    await clock.advance(500);
    expect(await Promise.race([closing, Promise.resolve('open')])).toBe(true);
  });

  test('tries what had failed at once, and leaves in the queue what still fails at the deadline', async () => {
    database = refuse('a', 'b');
    await put('a=1', 'b=1');
    const worker = start();
    await clock.advance(5 * MINUTE);
    database = refuse('b');
    const closing = worker.close({ deadline: '2s' });
    await clock.advance(600);
    expect(applied).toEqual(['a=1']);
    await clock.advance(2000);
    expect(await Promise.race([closing, Promise.resolve('open')])).toBe(false);
    expect(await queue.pending()).toBe(1);
  });

  test('aborts an apply that goes on at the deadline', async () => {
    let aborted = false;
    await put('a=1');
    const worker = start({
      apply: (_, { signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      },
    });
    await clock.advance(1);
    const closing = worker.close({ deadline: 1000 });
    await clock.advance(999);
    expect(aborted).toBe(false);
    await clock.advance(1);
    expect(aborted).toBe(true);
    expect(await closing).toBe(false);
    expect(await queue.pending()).toBe(1);
  });
});

test('whatever fails, every write is applied, and those of a key in order', async () => {
  const runs = fc.record({
    keys: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 60 }),
    seed: fc.integer(),
    failing: fc.double({ min: 0, max: 0.8, noNaN: true }),
    batch: fc.integer({ min: 1, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ keys, seed, failing, batch }) => {
      const random = seededRandom(seed);
      const time = new ManualClock();
      const own = new MemoryQueue(time);
      const done: [key: string, value: unknown][] = [];
      const worker = startWriteBehind({
        ...{ queue: own, clock: time, random, batch, maxFailures: 1000 },
        apply: (writes) => {
          if (random.next() < failing) throw new Error('no');
          done.push(...writes.map(({ key, value }): [string, unknown] => [key, value]));
        },
        onPoison: () => {
          throw new Error('nothing is given up');
        },
      });
      for (const [i, key] of keys.entries()) {
        await queueWrites(own, [{ key: `k${key}`, value: i }]);
        if (random.next() < 0.2) await time.advance(random.next() * 1000);
      }
      const closing = worker.close({ deadline: 24 * 60 * MINUTE });
      await time.advance(60 * MINUTE);
      expect(await Promise.race([closing, Promise.resolve('open')])).toBe(true);
      for (const key of new Set(keys)) {
        const expected = keys.flatMap((other, i) => (other === key ? [i] : []));
        expect(done.filter(([name]) => name === `k${key}`).map(([, value]) => value)).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('options that make no sense are refused', () => {
  for (const wrong of [
    { batch: 0 },
    { maxFailures: 1.5 },
    { applyTimeout: '31s' },
    { firstBackoff: 'soon' },
  ]) {
    expect(() => start(wrong)).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
  }
});
