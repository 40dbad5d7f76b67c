import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DatabaseBackend, openDatabase, openSqlDatabase } from '../../src/backends/database/open.ts';
import type { SqlDatabase } from '../../src/backends/database/sql.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

/** A busy machine takes its time to start threads. */
const PATIENT = { deadlineMs: 5000, connectTimeoutMs: 4500 };

let server: PrivateServer;
const folder = Supervised.start('sqlite');
beforeAll(async () => {
  server = await startPostgres(process.env);
});
afterAll(async () => {
  await Promise.all([server?.stop(), folder.then((supervised) => supervised.stop())]);
});

const file = async (table: string): Promise<string> => `sqlite:${join((await folder).dir, table)}.db`;

describe.each([
  ['sqlite', file, { bytes: 'BLOB', time: 'REAL' }],
  ['postgresql', async () => server.url, { bytes: 'bytea', time: 'double precision' }],
])('tables of the version without fences: %s', (_product, urlOf, { bytes, time }) => {
  const create = async (sql: SqlDatabase, table: string): Promise<void> => {
    await sql.batch([
      {
        sql: `CREATE TABLE ${table} (key ${bytes} PRIMARY KEY NOT NULL, value ${bytes} NOT NULL, expires_at ${time})`,
      },
      {
        sql: `CREATE INDEX ${table}_expires_at ON ${table} (expires_at) WHERE expires_at IS NOT NULL`,
      },
    ]);
  };
  const insert = (sql: SqlDatabase, table: string, key: string): Promise<unknown> =>
    sql.query(`INSERT INTO ${table} (key, value, expires_at) VALUES ($1, $2, NULL)`, [
      Buffer.from(key),
      Buffer.from('old'),
    ]);
  const prepared = async (): Promise<{ url: string; table: string; old: SqlDatabase }> => {
    const table = `t_${randomBytes(6).toString('hex')}`;
    const url = await urlOf(table);
    const old = await openSqlDatabase({ url, ...PATIENT });
    await create(old, table);
    await insert(old, table, 'before');
    return { url, table, old };
  };
  const state = async ({ tier }: DatabaseBackend, key: string): Promise<string | undefined> =>
    (await tier.fenced?.fetch(key, 60_000))?.state;

  test('keep their entries, whoever of several opens them at once, and the old version can go on', async () => {
    const { url, table, old } = await prepared();
    const opening = Array.from({ length: 2 }, () => openDatabase({ url, table, ...PATIENT }));
    const backends = await Promise.all(opening);
    for (const backend of backends) expect(await state(backend, 'before')).toBe('hit');
    const [backend] = backends;
    if (backend === undefined) throw new Error('none was opened');
    expect(await state(backend, 'leased')).toBe('granted');
    await insert(old, table, 'since');
    expect(await state(backend, 'since')).toBe('hit');
    expect(Buffer.from((await backend.tier.get('since'))?.value ?? []).toString()).toBe('old');
    const again = await openDatabase({ url, table, ...PATIENT });
    expect(await state(again, 'leased')).toBe('held');
    await Promise.all([...backends, again, old].map((each) => each.close()));
  });

  test('made again while it is open, it is brought up to date by the call that misses a column', async () => {
    const { url, table, old } = await prepared();
    const backend = await openDatabase({ url, table, ...PATIENT });
    await old.query(`DROP TABLE ${table}`);
    await create(old, table);
    expect(await state(backend, 'k')).toBe('granted');
    await backend.tier.fenced?.invalidate(['k']);
    expect(await state(backend, 'k')).toBe('granted');
    await Promise.all([backend.close(), old.close()]);
  });
});
