import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openDatabase } from '../../src/backends/database/open.ts';
import { bulkInsert, type SqlStatement } from '../../src/backends/database/sql.ts';
import { SqliteDatabase } from '../../src/backends/database/sqlite.ts';
import { eventually } from '../contract/tier-contract.ts';

const module = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

interface Ended {
  readonly code: number | string | null | undefined;
  readonly output: string;
}

/** Runs a program that has opened `db`, in memory, and ends as its body says. */
function runProgram(body: string): Promise<Ended> {
  const source = `
    import { openDatabase } from ${module('backends/database/open.ts')};
    import { haltSqliteThreads } from ${module('backends/database/sqlite-thread.ts')};
    const db = await openDatabase({ url: 'sqlite::memory:', deadlineMs: 20000 });
    await db.tier.set('k', Buffer.from('v'));
    const busy = () => { for (let i = 0; i < 1000; i++) void db.tier.get('k').catch(() => {}).then(busy1); };
    const busy1 = () => db.tier.get('k').then(busy1, () => {});
    ${body}`;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', source],
      { timeout: 15_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
}

describe('the end of a process with a SQLite thread', () => {
  test.each([
    ['after close()', 'busy(); setTimeout(() => db.close(), 30);', 0],
    ['without close(), idle', '', 0],
    [
      'in the midst of queries',
      `process.on('exit', haltSqliteThreads);
       const many = Array.from({ length: 100_000 }, (_, i) => ({ sql: 'SELECT $1 AS n', params: [i] }));
       db.sql.batch(many).catch(() => {});
       setImmediate(() => setTimeout(() => process.exit(7), 250));`,
      7,
    ],
  ])('%s is clean and silent', async (_what, body, code) => {
    expect(await runProgram(body)).toEqual({ code, output: '' });
  });
});

const insert = (id: number): SqlStatement => ({ sql: 'INSERT INTO t VALUES ($1)', params: [id] });

describe('the SQLite thread', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cachectl-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const openFile = async (name: string, deadlineMs: number): Promise<SqliteDatabase> => {
    const path = join(folder, name);
    const database = new SqliteDatabase({
      path,
      address: `sqlite:${path}`,
      deadlineMs,
      connectTimeoutMs: 3000,
      durable: false,
      clock: systemClock,
    });
    await database.connect();
    return database;
  };

  test('one that hangs is replaced, and what waited is answered', async () => {
    const database = await openFile('hung.db', 100);
    const forever =
      'WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 40000000) SELECT sum(x) FROM c';
    await expect(database.query(forever)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await eventually(async () => {
      expect(await database.first('SELECT 1 AS one')).toEqual({ one: 1 });
    }, 2500);
    await database.close();
  });

  test('values of every kind come back; what the driver cannot bind is refused', async () => {
    const database = await openFile('values.db', 1000);
    const row = await database.first('SELECT $2 AS b, $1 AS a, $3 AS c, $4 AS d, $5 AS e, $6 AS f', [
      1,
      'two',
      null,
      2 ** 40 + 0.5,
      true,
      Uint8Array.from([0, 255]),
    ]);
    expect(row).toEqual({ a: 1, b: 'two', c: null, d: 2 ** 40 + 0.5, e: 1, f: Uint8Array.from([0, 255]) });
    await expect(database.query('SELECT $1', [[1, 2]])).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await expect(database.query('SELEC')).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    await database.close();
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a batch is done as a whole or not at all', async () => {
    const database = await openFile('batch.db', 1000);
    await database.query('CREATE TABLE t (id integer PRIMARY KEY)');
    await expect(database.batch([insert(1), insert(2), insert(1)])).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    });
    expect(await database.query('SELECT id FROM t')).toEqual([]);
    const rows = await database.batch([insert(1), { sql: 'SELECT id FROM t' }]);
    expect(rows).toEqual([[], [{ id: 1 }]]);
    await database.close();
  });

  test('100,000 rows are inserted in seconds, and more statements than are kept are understood', async () => {
    const database = await openFile('bulk.db', 1000);
    await database.query('CREATE TABLE t (a integer, b text)');
    const rows = Array.from({ length: 100_000 }, (_, i) => [i, `row ${i}`]);
    await bulkInsert(database, 't', ['a', 'b'], rows, { deadlineMs: 10_000 });
    expect(await database.first('SELECT count(*) AS n, max(a) AS last FROM t')).toEqual({
      n: 100_000,
      last: 99_999,
    });
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(
        Array.from({ length: 800 }, (_, i) => database.first(`SELECT ${i} AS n`)),
      );
      expect(answers.map((answer) => answer?.['n'])).toEqual(Array.from({ length: 800 }, (_, i) => i));
    }
    await database.close();
  });

  test('opened and closed again and again, and tables that vanish are made anew', async () => {
    for (let i = 0; i < 5; i++) {
      const backend = await openDatabase({ url: `sqlite:${folder}/again.db`, deadlineMs: 1000 });
      await backend.sql.query('DROP TABLE cachectl_cache');
      await backend.tier.set('key', Buffer.from('v'));
      expect(await backend.tier.delete('key')).toBe(true);
      await backend.close();
    }
  });
});
