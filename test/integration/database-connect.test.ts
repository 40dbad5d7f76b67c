import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CachectlError } from '../../src/base/errors.ts';
import { openDatabase } from '../../src/backends/database/open.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

const CANARY = 'c4nary/p@ss:w0rd';
const SECRET = encodeURIComponent(CANARY);

interface Refusal {
  readonly code: string;
  readonly text: string;
  readonly ms: number;
}

async function refusal(url: string, connectTimeoutMs?: number): Promise<Refusal> {
  const start = performance.now();
  const error: unknown = await openDatabase({ url, connectTimeoutMs }).then(
    (backend) => backend.close().then(() => new Error('it connected')),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CachectlError)) throw error;
  return {
    code: error.code,
    text: inspect(error, { depth: null, showHidden: true }),
    ms: performance.now() - start,
  };
}

describe('postgresql with a password', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startPostgres(process.env, { listen: await freePort(), password: CANARY });
  });
  afterAll(() => server?.stop());

  test('connects, and no password can be seen in the backend or its descriptions', async () => {
    const backend = await openDatabase({ url: server.url });
    await backend.tier.set('key', Buffer.from('value'));
    const description = await backend.describe();
    expect(description).toMatchObject({ product: 'postgresql', version: expect.stringMatching(/^\d+/) });
    expect(inspect([backend, description], { depth: null, showHidden: true })).not.toContain(CANARY);
    expect(backend.address).toMatch(/^postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres$/);
    await backend.close();
  });

  test.each([
    ['a wrong password', (url: string) => url.replace(SECRET, `${SECRET}x`), 'AUTH_FAILED'],
    ['no password', (url: string) => url.replace(`:${SECRET}`, ''), 'AUTH_FAILED'],
    ['an unknown user', (url: string) => url.replace('//postgres:', '//nobody:'), 'AUTH_FAILED'],
    ['an unknown database', (url: string) => `${url}_none`, 'SERVER_ERROR'],
    ['TLS that the server does not have', (url: string) => `${url}?sslmode=require`, 'SERVER_UNREACHABLE'],
    [
      'a certificate file that is not there',
      (url: string) => `${url}?sslrootcert=/none/${SECRET}`,
      'BAD_CONFIG',
    ],
  ])('%s is told, without the password', async (_what, change, code) => {
    const told = await refusal(change(server.url));
    expect(told.code).toBe(code);
    expect(told.text).not.toContain(CANARY);
    expect(told.text).not.toContain(SECRET);
    expect(told.ms).toBeLessThan(5000);
  });
});

describe('something else at the address', () => {
  test('a redis or a memcached is told apart', async () => {
    const redis = await startRedis(process.env, { listen: await freePort() });
    const memcached = await startMemcached(process.env, { listen: await freePort() });
    for (const port of [new URL(redis.url).port, memcached.url.split(':')[1]]) {
      expect((await refusal(`postgres://u:${SECRET}@127.0.0.1:${port}/x`)).code).toBe('WRONG_PROTOCOL');
    }
    await Promise.all([redis.stop(), memcached.stop()]);
  });

  test('nothing, and something silent, are unreachable, in time', async () => {
    const port = await freePort();
    const none = await refusal(`postgres://u:${SECRET}@127.0.0.1:${port}/x`);
    expect(none.code).toBe('SERVER_UNREACHABLE');
    const silent: Server = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const mute = await refusal(`postgres://u:${SECRET}@127.0.0.1:${port}/x`, 600);
    expect(mute.code).toBe('SERVER_UNREACHABLE');
    expect(mute.ms).toBeLessThan(1500);
    expect(none.text + mute.text).not.toContain(SECRET);
    silent.close();
  });

  test.each([
    'postgres://u:%zz@[::/x',
    'mysql://u:p@h/x',
    'sqlite:',
    'file.db',
    'postgres://u@h/x?sslmode=verify-ca',
  ])('the URL %s is refused', async (url) => {
    expect((await refusal(url)).code).toBe('BAD_CONFIG');
  });
});

describe('sqlite files', () => {
  let folder: Supervised;
  beforeAll(async () => {
    folder = await Supervised.start('sqlite');
  });
  afterAll(() => folder?.stop());

  test('a folder that is not there, and a file of another kind, are told', async () => {
    expect((await refusal(`sqlite:${folder.dir}/none/x.db`)).code).toBe('SERVER_UNREACHABLE');
    const file = join(folder.dir, 'text');
    await writeFile(file, 'this is no database\n'.repeat(500));
    expect((await refusal(`file://${file}`)).code).toBe('WRONG_PROTOCOL');
  });

  test('entries survive closing and opening again', async () => {
    const url = `sqlite:${folder.dir}/kept.db`;
    const first = await openDatabase({ url });
    await first.tier.set('key', Buffer.from('value'), 60_000);
    await first.close();
    const second = await openDatabase({ url });
    expect(Buffer.from((await second.tier.get('key'))?.value ?? []).toString()).toBe('value');
    expect(await second.describe()).toMatchObject({ product: 'sqlite', settings: { journal_mode: 'wal' } });
    await second.close();
  });

  test('a locked database: writes settle within the deadline, later ones too, nothing given up is done late', async () => {
    const url = `sqlite:${folder.dir}/locked.db`;
    const holder = await openDatabase({ url });
    const other = await openDatabase({ url, deadlineMs: 250 });
    await holder.sql.query('BEGIN IMMEDIATE');
    const start = performance.now();
    const writes = Array.from({ length: 20 }, (_, i) => other.tier.set(`late${i}`, Buffer.from('v')));
    const outcomes = await Promise.allSettled([
      ...writes,
      other.tier.setMany([{ key: 'late', value: Buffer.from('v') }]),
    ]);
    expect(performance.now() - start).toBeLessThan(900);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'DEADLINE_EXCEEDED' } });
    await holder.sql.query('COMMIT');
    await other.tier.set('after', Buffer.from('v'));
    expect((await other.tier.stats()).entries).toBe(1);
    await Promise.all([holder.close(), other.close()]);
  });
});
