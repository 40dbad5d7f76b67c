import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TierEntry } from '../../../../src/backends/tier-entry.ts';
import { type DatabaseBackend, openDatabase } from '../../../../src/backends/database/open.ts';
import { startPostgres } from '../../../../src/testbed/servers/postgres.ts';
import type { PrivateServer } from '../../../../src/testbed/servers/server.ts';
import { eventually } from '../../../contract/tier-contract.ts';

let server: PrivateServer;
beforeAll(async () => {
  server = await startPostgres(process.env);
});
afterAll(() => server?.stop());

const entry = (key: string, value: string, ttlMs?: number): TierEntry => ({
  key,
  value: Buffer.from(value),
  ttlMs,
});

const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

describe.each([
  ['sqlite', () => 'sqlite::memory:'],
  ['postgresql', () => server.url],
])('the tier: %s', (_product, url) => {
  let backend: DatabaseBackend;
  beforeAll(async () => {
    backend = await openDatabase({ url: url() });
  });
  afterAll(() => backend?.close());

  test('of one key twice in a batch the last wins, also when that one deletes', async () => {
    const { tier } = backend;
    await tier.setMany([entry('a', '1'), entry('b', '1'), entry('a', '2', 60_000), entry('b', '2', 0)]);
    const [a, b] = await tier.getMany(['a', 'b']);
    expect(text(a?.value)).toBe('2');
    expect(b).toBeUndefined();
  });

  test('a prefix is deleted in steps, all of them with an empty one, and only live entries count', async () => {
    const { tier } = backend;
    const entries = Array.from({ length: 1203 }, (_, i) => ({ key: `p:${i}`, value: Buffer.from('v') }));
    await tier.setMany([...entries, { key: 'q:1', value: Buffer.from('v') }]);
    await tier.set('p:0', Buffer.from('v'), 1);
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(await tier.deletePrefix('p:')).toBe(1202);
    expect(await tier.get('q:1')).toBeDefined();
    await tier.deletePrefix('');
    expect((await tier.stats()).entries).toBe(0);
  });

  test('batches that overlap in another order do not lock each other out', async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `o:${i}`);
    const entries = keys.map((key) => ({ key, value: Buffer.from('v') }));
    const orders = [
      { keys, entries },
      { keys: keys.toReversed(), entries: entries.toReversed() },
    ];
    await Promise.all(
      Array.from({ length: 10 }, () => orders)
        .flat()
        .map((order, i) =>
          i % 3 === 0 ? backend.tier.deleteMany(order.keys) : backend.tier.setMany(order.entries),
        ),
    );
    await backend.tier.setMany(entries);
    expect(await backend.tier.deleteMany(keys)).toBe(200);
  });

  test('a longer deadline can be asked for, and bounds the statement itself', async () => {
    const rows = await backend.sql.query('SELECT 1 AS one', [], { deadlineMs: 5000 });
    expect(rows).toEqual([{ one: 1 }]);
  });
});

test('postgresql: sessions that hang are replaced while the server lives', async () => {
  const backend = await openDatabase({ url: server.url, connections: 2, deadlineMs: 300 });
  const pidOf = async (): Promise<number> =>
    Number((await backend.sql.first('SELECT pg_backend_pid() AS pid, pg_sleep(0.05)'))?.['pid']);
  const hung = new Set(await Promise.all([pidOf(), pidOf()]));
  expect(hung.size).toBe(2);
  for (const pid of hung) process.kill(pid, 'SIGSTOP');
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => backend.tier.get('key')));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'DEADLINE_EXCEEDED' } });
  await eventually(async () => {
    await backend.tier.set('key', Buffer.from('v'));
  }, 2000);
  for (const pid of hung) process.kill(pid, 'SIGCONT');
  await backend.close();
});
