/**
 * Readers of traces: rows a second of one thread, from a file in the page cache to columns, beside readline and split.
 * Run: npm run bench:traces
 *
 * Each row is read in turns with the naive reader of the same file, in one process. `columns` is all fields of all
 * records; `and keys` also finds the dense index of each key, where the naive reader has a Map. The naive reader makes an
 * array of texts of each line, and numbers of four of them; of binary records an object each.
 */
import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createGzip } from 'node:zlib';
import { KeyIndex } from '../../src/workload/traces/key-index.ts';
import { spreadWithinSeconds } from '../../src/workload/traces/spread.ts';
import { openTrace } from '../../src/workload/traces/trace.ts';
import { describeTrace } from '../../src/workload/traces/describe.ts';
import { twitterLines } from '../support/trace-text.ts';
import { print } from './scenario.ts';

const ROWS = 500_000;
const KEYS = 100_000;
const ROWS_A_SECOND = 5000;
const ROUNDS = 5;
const RECORD_BYTES = 24;

type Reader = (path: string) => Promise<number>;

const columns: Reader = async (path) => {
  let rows = 0;
  for await (const batch of (await openTrace(path)).read()) rows += batch.length;
  return rows;
};

const withKeys: Reader = async (path) => {
  const keys = new KeyIndex();
  let rows = 0;
  for await (const batch of (await openTrace(path)).read()) {
    for (let i = 0; i < batch.length; i++) keys.indexOf(batch.bytes, batch.keyStart[i]!, batch.keyEnd[i]!);
    rows += batch.length;
  }
  if (keys.size > KEYS) throw new Error('more keys than there are');
  return rows;
};

const withTexts: Reader = async (path) => {
  let rows = 0;
  for await (const batch of (await openTrace(path)).read()) {
    for (let i = 0; i < batch.length; i++) if (batch.keyAt(i) !== '') rows++;
  }
  return rows;
};

const spread: Reader = async (path) => {
  let rows = 0;
  for await (const batch of spreadWithinSeconds((await openTrace(path)).read())) rows += batch.length;
  return rows;
};

const described: Reader = async (path) => (await describeTrace((await openTrace(path)).read())).requests;

/** As the naive reader, with a Map from keys to indexes. */
const naiveLinesWithKeys: Reader = async (path) => {
  const keys = new Map<string, number>();
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const key = line.split(',')[1] ?? '';
    if (!keys.has(key)) keys.set(key, keys.size);
    rows++;
  }
  return rows;
};

const naiveLines: Reader = async (path) => {
  let rows = 0;
  let sum = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const [seconds, key, keyBytes, valueBytes, , operation, ttl] = line.split(',');
    sum += Number(seconds) + Number(keyBytes) + Number(valueBytes) + Number(ttl);
    if (key !== '' && operation !== '') rows++;
  }
  return sum > 0 ? rows : 0;
};

const naiveRecords = async (path: string, keys?: Map<bigint, number>): Promise<number> => {
  const file = await open(path);
  const bytes = Buffer.alloc(RECORD_BYTES);
  const chunk = Buffer.alloc(RECORD_BYTES * 4096);
  let rows = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) break;
    for (let at = 0; at < bytesRead; at += RECORD_BYTES) {
      chunk.copy(bytes, 0, at);
      const record = {
        time: bytes.readUInt32LE(0),
        object: bytes.readBigUInt64LE(4),
        size: bytes.readUInt32LE(12),
      };
      if (keys !== undefined && !keys.has(record.object)) keys.set(record.object, keys.size);
      if (record.size > 0) rows++;
    }
  }
  await file.close();
  return rows;
};

const naiveRecordsWithKeys: Reader = (path) => naiveRecords(path, new Map());

async function written(path: string, parts: Iterable<string | Buffer>, gzip = false): Promise<string> {
  const file = createWriteStream(path);
  const target = gzip ? createGzip({ level: 1 }) : file;
  if (gzip) target.pipe(file);
  for (const part of parts) if (!target.write(part)) await once(target, 'drain');
  target.end();
  await once(file, 'close');
  return path;
}

function* joined(lines: Iterable<string>): Generator<string> {
  let text = '';
  for (const line of lines) {
    text += line;
    if (text.length < 65_536) continue;
    yield text;
    text = '';
  }
  yield text;
}

function* binary(): Generator<Buffer> {
  for (let first = 0; first < ROWS; first += 4096) {
    const count = Math.min(4096, ROWS - first);
    const bytes = Buffer.alloc(count * RECORD_BYTES);
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_BYTES;
      bytes.writeUInt32LE(Math.floor((first + i) / ROWS_A_SECOND), at);
      bytes.writeUInt32LE(((first + i) * 48_271) % KEYS, at + 4);
      bytes.writeUInt32LE(100 + (i % 900), at + 12);
    }
    yield bytes;
  }
}

/** Of the thread's time: what others do on the machine is left out, but for what they cost its caches. */
async function rowsPerSecond(read: Reader, path: string): Promise<number> {
  const from = process.cpuUsage();
  const start = performance.now();
  const rows = await read(path);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(from);
  if (rows !== ROWS) throw new Error(`${rows} rows, expected ${ROWS}`);
  return (rows * 1000) / Math.min(ms, (user + system) / 1000);
}

const million = (rate: number): string => (rate / 1e6).toFixed(2);

async function compare(
  name: string,
  read: Reader,
  naive: Reader,
  path: string,
  plain: string,
): Promise<void> {
  await read(path);
  await naive(plain);
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const rate = await rowsPerSecond(read, path);
    rates.push(rate);
    ratios.push(rate / (await rowsPerSecond(naive, plain)));
  }
  const spreadOf = (values: number[], write: (value: number) => string): string => {
    const sorted = values.toSorted((a, b) => a - b);
    return `${write(sorted[ROUNDS >> 1]!)} (${write(sorted[0]!)} to ${write(sorted.at(-1)!)})`;
  };
  print(
    `${name.padEnd(34)}${spreadOf(rates, million).padEnd(26)}${spreadOf(ratios, (one) => one.toFixed(1))}`,
  );
}

const directory = await mkdtemp(join(tmpdir(), 'cachectl-traces-'));
try {
  const lines = (): Iterable<string> => joined(twitterLines(ROWS, KEYS, ROWS_A_SECOND));
  const csv = await written(join(directory, 'a.csv'), lines());
  const packed = await written(join(directory, 'a.csv.gz'), lines(), true);
  const oracle = await written(join(directory, 'a.oracleGeneral'), binary());
  print(`${ROWS / 1e6} M rows, ${KEYS / 1e3} k keys; median (least to most) of ${ROUNDS} rounds`);
  print(`${' '.repeat(34)}${'M rows a second of CPU'.padEnd(26)}times the naive reader`);
  await compare('Twitter CSV, columns', columns, naiveLines, csv, csv);
  await compare('Twitter CSV, and keys', withKeys, naiveLinesWithKeys, csv, csv);
  await compare('Twitter CSV, and key texts', withTexts, naiveLines, csv, csv);
  await compare('Twitter CSV, spread', spread, naiveLines, csv, csv);
  await compare('Twitter CSV, described', described, naiveLinesWithKeys, csv, csv);
  await compare('Twitter CSV, gzip, columns', columns, naiveLines, packed, csv);
  await compare('oracleGeneral, columns', columns, (path) => naiveRecords(path), oracle, oracle);
  await compare('oracleGeneral, and keys', withKeys, naiveRecordsWithKeys, oracle, oracle);
} finally {
  rmSync(directory, { recursive: true });
}
