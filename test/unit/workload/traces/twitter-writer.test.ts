import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TraceRecord } from '../../../../src/workload/traces/batch.ts';
import { openTrace } from '../../../../src/workload/traces/trace.ts';
import { twitterLine, TwitterTraceWriter } from '../../../../src/workload/traces/twitter-writer.ts';
import { decode } from '../../../support/trace-text.ts';

let directory = '';
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'traces-'))));
afterAll(() => rm(directory, { recursive: true }));

const GET: TraceRecord = { key: 'k', operation: 'get' };

const size = fc.nat({ max: 2 ** 31 });
const record: fc.Arbitrary<TraceRecord> = fc.record({
  timeMs: fc.nat({ max: 10_000 }).map((seconds) => seconds * 1000),
  key: fc.string({ unit: 'grapheme', minLength: 1 }).filter((key) => !/[\r\n]/.test(key)),
  operation: fc.constantFrom('get', 'set', 'delete', 'incr'),
  valueBytes: size,
  keyBytes: size,
  ttlSeconds: fc.option(fc.integer({ min: 1, max: 2 ** 31 }), { nil: undefined }),
  client: fc.option(fc.stringMatching(/^[a-z0-9:.]+$/), { nil: undefined }),
});

describe('what is written', () => {
  test('is read again as it was', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const start = records[0]?.timeMs ?? 0;
        const text = records.map((one) => `${twitterLine(one)}\n`).join('');
        const { records: read, tally } = decode('twitter', [text]);
        expect(tally.malformed).toBe(0);
        expect(read).toEqual(records.map((one) => ({ ...one, timeMs: one.timeMs! - start })));
      }),
    );
  });

  test('times are cut, TTLs rounded up, what is not known is left at 0', () => {
    expect(twitterLine({ ...GET, key: 'é', timeMs: 1999, ttlSeconds: 0.2 })).toBe('1,é,2,0,,get,1');
    expect(twitterLine({ ...GET, operation: 'multi-get' })).toBe('0,k,1,0,,get,0');
    expect(twitterLine({ ...GET, operation: 'touch' })).toBeUndefined();
  });

  test.each([{ key: '' }, { key: 'a\nb' }, { key: 'a\rb' }, { client: 'a,b' }, { client: '\n' }])(
    'cannot have %o',
    (part) =>
      expect(() => twitterLine({ ...GET, ...part })).toThrow(expect.objectContaining({ code: 'BAD_OUTPUT' })),
  );
});

test('a writer asks to wait when the disk is behind; everything is there at the end', async () => {
  const path = join(directory, 'written.csv');
  const writer = new TwitterTraceWriter(path);
  const count = 20_000;
  let waits = 0;
  for (let i = 0; i < count; i++) {
    const room = writer.write({ ...GET, key: `key:${i}`, timeMs: i });
    if (room !== undefined) waits++;
    await room;
  }
  expect(writer.write({ ...GET, operation: 'touch' })).toBeUndefined();
  await writer.close();
  expect(writer).toMatchObject({ records: count, skipped: 1 });
  expect(waits).toBeGreaterThan(1);
  const reading = (await openTrace(path)).read();
  let last = '';
  for await (const batch of reading) last = batch.keyAt(batch.length - 1);
  expect(last).toBe(`key:${count - 1}`);
  expect(reading.tally).toMatchObject({ records: count, malformed: 0 });
});

test('a run without requests leaves an empty file', async () => {
  const path = join(directory, 'empty.csv');
  await new TwitterTraceWriter(path).close();
  expect(await readFile(path, 'utf8')).toBe('');
});

test('a file that cannot be written is an error, at the next record or the end', async () => {
  const path = join(directory, 'no such folder', 'trace.csv');
  const failure = {
    code: 'BAD_OUTPUT',
    message: expect.stringContaining(`${path}: cannot be written: ENOENT`),
  };
  const writer = new TwitterTraceWriter(path);
  await writer.write(GET);
  await expect(writer.close()).rejects.toMatchObject(failure);
  await expect(writer.close()).rejects.toMatchObject(failure);
  expect(() => writer.write(GET)).toThrow(expect.objectContaining(failure));
});
