import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectFormat } from '../../../../src/workload/traces/formats.ts';
import { openTrace, type Trace } from '../../../../src/workload/traces/trace.ts';
import { oracleRecords, twitterLines } from '../../../support/trace-text.ts';
import { readTrace } from '../../../support/traces.ts';

const TRACES = new URL('../../../data/traces/', import.meta.url).pathname;
/** The lines of {@link SAMPLE}, packed by zstd 1.5 in two frames. */
const PACKED = join(TRACES, 'generated-twitter.csv.zst');
const SAMPLE = [...twitterLines(9000, 500, 700)].join('');

let directory = '';
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'traces-'))));
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

async function keysOf(trace: Trace): Promise<string[]> {
  const keys: string[] = [];
  for await (const batch of trace.read()) for (let i = 0; i < batch.length; i++) keys.push(batch.keyAt(i));
  return keys;
}

const sampleKeys = SAMPLE.trimEnd()
  .split('\n')
  .map((line) => line.split(',')[1]);

describe('packed files', () => {
  test('Zstandard, of several frames', async () => {
    const trace = await openTrace(PACKED);
    expect(trace.formatName).toBe('twitter');
    expect(await keysOf(trace)).toEqual(sampleKeys);
  });

  test('gzip, of several members, whatever the name', async () => {
    const half = SAMPLE.indexOf('\n', SAMPLE.length / 2) + 1;
    const packed = Buffer.concat([gzipSync(SAMPLE.slice(0, half)), gzipSync(SAMPLE.slice(half))]);
    expect(await keysOf(await openTrace(await file('sample.csv', packed)))).toEqual(sampleKeys);
  });

  test('can be read again, and left in between', async () => {
    const trace = await openTrace(PACKED);
    for await (const batch of trace.read()) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(await keysOf(trace)).toEqual(sampleKeys);
    expect(await keysOf(trace)).toEqual(sampleKeys);
  });

  test.each([
    ['cut.csv.gz', () => gzipSync(SAMPLE).subarray(0, -20)],
    ['cut.csv.zst', async () => (await readFile(PACKED)).subarray(0, -20)],
  ])('%s: what is there is read, then it fails', async (name, content) => {
    const trace = await openTrace(await file(name, await content()), { format: 'twitter' }).catch(
      (error: unknown) => error as Error,
    );
    const failure = trace instanceof Error ? trace : await keysOf(trace).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'BAD_TRACE',
      message: expect.stringMatching(new RegExp(`${name}: cannot be read: unexpected (end of file|EOF)`)),
    });
  });

  // https://github.com/101arrowz/fzstd/issues/19 reports wrong bytes beyond 128 KiB, when they come in chunks.
  test.each([1, 7, 1000, 65_536])('Zstandard in chunks of %d bytes gives the same', async (size) => {
    const packed = await readFile(PACKED);
    const parts: Uint8Array[] = [];
    const decompress = new Decompress((part) => void parts.push(Buffer.from(part)));
    for (let at = 0; at < packed.length; at += size) decompress.push(packed.subarray(at, at + size));
    decompress.push(new Uint8Array(0), true);
    expect(SAMPLE.length).toBeGreaterThan(2 * 128 * 1024);
    expect(Buffer.concat(parts).toString() === SAMPLE).toBe(true);
  });
});

describe('formats are found', () => {
  const oracle = oracleRecords(Array.from({ length: 20 }, (_, i) => ({ seconds: i, object: 5n, size: 7 })));
  test.each([
    ['a.csv', '1,k,1,1,1,get,0\n', 'twitter'],
    ['a.csv', 'bad line\n1,k,1,1,1,get,0\n2,k,', 'twitter'],
    ['a.csv', 'key,op,size,op_count,key_size\n1,GET,0,1,5\n', 'meta'],
    ['a.log', 'OK\n1339518083.107412 [0 127.0.0.1:60866] "keys" "*"\n', 'redis-monitor'],
    ['w20.oracleGeneral.bin', oracle.subarray(0, 48), 'oracle-general'],
    ['w20.bin', oracle, 'oracle-general'],
    ['keys.txt', '12\n13\nuser:7\n', 'keys'],
    ['one', 'user:7', 'keys'],
    ['other.csv', 'a,b\n1,2\n', undefined],
    ['picture.png', Uint8Array.from({ length: 400 }, (_, i) => 255 - (i % 255)), undefined],
    ['empty', '', undefined],
  ])('%s', (name, head, format) => expect(detectFormat(name, Buffer.from(head))).toBe(format));

  test('a given one counts, whatever the content', async () => {
    const path = await file('given.csv', 'a,b\nc,d\n');
    await expect(openTrace(path)).rejects.toMatchObject({
      code: 'BAD_TRACE',
      message: `${path}: no known format`,
      hint: 'name its format: twitter, meta, oracle-general, redis-monitor, keys',
    });
    expect(await keysOf(await openTrace(path, { format: 'keys' }))).toEqual(['a,b', 'c,d']);
  });

  test('an unknown one lists the known ones', async () => {
    await expect(openTrace('nowhere', { format: 'twiter' })).rejects.toMatchObject({
      code: 'BAD_SCENARIO',
      message: `unknown trace format 'twiter', did you mean 'twitter'?`,
    });
  });
});

test('a file that is not there, or empty', async () => {
  await expect(openTrace(join(directory, 'nowhere'))).rejects.toMatchObject({
    code: 'BAD_TRACE',
    exitCode: 2,
    message: expect.stringMatching(/nowhere: cannot be read: ENOENT/),
  });
  const empty = await file('empty.csv', '');
  await expect(openTrace(empty)).rejects.toMatchObject({ message: `${empty}: the file is empty` });
});

test('malformed lines are counted while reading, up to the limit', async () => {
  const path = await file('malformed.csv', `${SAMPLE}bad\n`);
  const reading = (await openTrace(path, { maxMalformed: 1 })).read();
  for await (const batch of reading) expect(batch.length).toBeGreaterThan(0);
  expect(reading.tally).toMatchObject({ records: 9000, malformed: 1 });
  await expect(keysOf(await openTrace(path, { maxMalformed: 0 }))).rejects.toMatchObject({
    message: expect.stringContaining(`${path}:9001: 1 fields, expected 7`),
  });
});

test.each(['gli', 'loop', 'multi3', 'sprite'])('%s is what a plain reader finds', async (name) => {
  const trace = await openTrace(join(TRACES, `${name}.gz`));
  expect(trace.formatName).toBe('keys');
  expect((await keysOf(trace)).map(Number)).toEqual(Array.from(readTrace(name)));
});
