import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { Replay } from '../../../../src/bench/replay/replay.ts';
import type { Share } from '../../../../src/bench/share.ts';
import type { TraceSpec } from '../../../../src/config/scenario.ts';
import type { Operation } from '../../../../src/workload/operations.ts';
import { TracedValues } from '../../../../src/workload/traced-values.ts';
import { twitterLines } from '../../../support/trace-text.ts';

const directory = mkdtempSync(join(tmpdir(), 'replay-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEYS = 300;
const text = [...twitterLines(9000, KEYS, 500)].join('');
const file = join(directory, 'some.csv');
writeFileSync(file, text);
const lines = text
  .trim()
  .split('\n')
  .map((line) => line.split(','));

const SPEC: TraceSpec = { file, timing: { pace: 'unpaced' }, lookAside: 'on', maxMalformed: 0 };

interface Taken {
  readonly dueMs: number;
  readonly operation: Operation;
  readonly key: string;
  readonly valueBytes: number;
  readonly ttlMs: number | undefined;
}

async function take(spec: TraceSpec, share: Share = { index: 0, count: 1 }): Promise<readonly Taken[]> {
  const values = new TracedValues(KEYS, { distribution: 'fixed', bytes: 64 }, seededRandom(1));
  const replay = await Replay.open(spec, values, share);
  const all: Taken[] = [];
  while (await replay.refill()) {
    while (replay.isReady) {
      const dueMs = replay.nextDueMs();
      const operation = replay.nextOperation();
      const key = replay.nextKey();
      const [valueBytes, ttlMs] = [values.sizeOf(key), values.ttlMsOf(key)];
      all.push({ dueMs, operation, key: replay.keyText(key), valueBytes, ttlMs });
    }
  }
  await replay.close();
  return all;
}

describe('a replay', () => {
  test('has the operations, keys, sizes and times to live of the trace, in its order', async () => {
    const taken = await take(SPEC);
    expect(taken.map(({ key }) => key)).toEqual(lines.map(([, key]) => key));
    expect(taken.map(({ operation }) => operation)).toEqual(
      lines.map(([, , , , , operation]) => (operation === 'get' ? 'getOrLoad' : 'set')),
    );
    expect(taken.map(({ valueBytes }) => valueBytes)).toEqual(lines.map(([, , , bytes]) => Number(bytes)));
    const sets = taken.filter(({ operation }) => operation === 'set');
    expect(sets.length).toBeGreaterThan(100);
    expect(sets.every(({ ttlMs }) => ttlMs === 3_600_000)).toBe(true);
  });

  test('fills on a miss only when it is look-aside', async () => {
    const operations = (await take({ ...SPEC, lookAside: 'off' })).map(({ operation }) => operation);
    expect(new Set(operations)).toEqual(new Set(['get', 'set']));
  });

  test('ends at its limit', async () => {
    expect(await take({ ...SPEC, limit: 5001 })).toHaveLength(5001);
  });

  test('of several shares each has its keys, all of theirs, and the parts are the whole', async () => {
    const whole = await take({ ...SPEC, timing: { pace: 'rate', perSecond: 1000 } });
    const parts = await Promise.all(
      [0, 1, 2].map((index) =>
        take({ ...SPEC, timing: { pace: 'rate', perSecond: 1000 } }, { index, count: 3 }),
      ),
    );
    const owners = parts.map((part) => new Set(part.map(({ key }) => key)));
    expect(owners.reduce((sum, keys) => sum + keys.size, 0)).toBe(new Set(whole.map(({ key }) => key)).size);
    expect(parts.flat().sort((a, b) => a.dueMs - b.dueMs)).toEqual(whole);
    for (const part of parts) expect(part.length).toBeGreaterThan(whole.length / 6);
  });

  test('at its own pace has the times of the trace, those of a second spread over it', async () => {
    const taken = await take({ ...SPEC, timing: { pace: 'recorded', speed: 2 } });
    expect(taken.map(({ dueMs }) => dueMs)).toEqual(lines.map((_, i) => i));
  });

  test('leaves out what a cache here is not asked for, and the time stays that of the others', async () => {
    const odd = join(directory, 'odd.csv');
    writeFileSync(odd, '0,a,1,9,,incr,0\n0,b,1,50,,get,0\n1,a,1,30,,delete,0\n');
    const taken = await take({ ...SPEC, file: odd, timing: { pace: 'recorded', speed: 1 } });
    expect(taken).toMatchObject([
      { operation: 'getOrLoad', key: 'b', dueMs: 500, valueBytes: 50 },
      { operation: 'delete', key: 'a', dueMs: 1000 },
    ]);
  });

  test('is read by several at once, each of whom gets what is there', async () => {
    const values = new TracedValues(KEYS, { distribution: 'fixed', bytes: 64 }, seededRandom(1));
    const replay = await Replay.open(SPEC, values, { index: 0, count: 1 });
    expect(await Promise.all([replay.refill(), replay.refill()])).toEqual([true, true]);
    let count = 0;
    for (; replay.isReady; count++) replay.nextKey();
    expect(count).toBeGreaterThan(1000);
    expect(count).toBeLessThanOrEqual(9000);
    await replay.close();
  });
});
