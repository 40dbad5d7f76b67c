import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { type DatabaseBackend, openDatabase } from '../../../../src/backends/database/open.ts';
import { startPostgres } from '../../../../src/testbed/servers/postgres.ts';
import type { PrivateServer } from '../../../../src/testbed/servers/server.ts';
import { eventually } from '../../../contract/tier-contract.ts';

const entries = (
  count: number,
  ttlMs?: number,
): { key: string; value: Buffer; ttlMs: number | undefined }[] =>
  Array.from({ length: count }, (_, i) => ({ key: `${ttlMs}:${i}`, value: Buffer.from('v'), ttlMs }));

const rowsOf = async ({ sql }: DatabaseBackend, table: string): Promise<unknown> =>
  (await sql.first(`SELECT count(*) AS n FROM ${table}`))?.['n'];

let server: PrivateServer;
const opened: DatabaseBackend[] = [];
const open = async (url: string, table: string, clock = new ManualClock()): Promise<DatabaseBackend> => {
  // Deadlines run on the same clock, and must not pass when it is moved to the next sweep.
  const backend = await openDatabase({ url, table, clock, deadlineMs: 10_000_000, sweepIntervalMs: 60_000 });
  opened.push(backend);
  return backend;
};
beforeAll(async () => {
  server = await startPostgres(process.env);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
});
afterAll(() => server?.stop());

describe.each([
  ['sqlite', () => 'sqlite::memory:'],
  ['postgresql', () => server.url],
])('sweeping: %s', (_product, url) => {
  test('expired rows go at each interval, in steps, and others stay', async () => {
    const clock = new ManualClock();
    const table = `t_${randomBytes(6).toString('hex')}`;
    const backend = await open(url(), table, clock);
    await backend.tier.setMany([...entries(1300, 1), ...entries(7), ...entries(5, 60_000)]);
    await backend.lease.acquire('ended', 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await rowsOf(backend, table)).toBe(1312);
    expect((await backend.tier.stats()).entries).toBe(12);
    await clock.advance(59_000);
    expect(await rowsOf(backend, table)).toBe(1312);
    await clock.advance(1000);
    await eventually(async () => expect(await rowsOf(backend, table)).toBe(12));
    await eventually(async () => expect(await rowsOf(backend, `${table}_lease`)).toBe(0));
    expect((await backend.tier.stats()).expirations).toBe(1300);

    await backend.tier.setMany(entries(3, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await eventually(async () => {
      await clock.advance(60_000);
      expect(await rowsOf(backend, table)).toBe(12);
    });
  });

  test('what is left of leases, notes and limits goes when its time is over, and counts as no expiration', async () => {
    const table = `t_${randomBytes(6).toString('hex')}`;
    const backend = await open(url(), table);
    const { fenced } = backend.tier;
    const { limiter } = backend;
    if (fenced === undefined || limiter === undefined) throw new Error('a database has both');
    const tokens = (await fenced.fetchMany(['ended', 'held', 'noted', 'free'], 60_000)).map((lease) =>
      lease.state === 'granted' ? lease.token : '',
    );
    await fenced.claim(['ended'], 1);
    await fenced.release([{ key: 'noted', token: tokens[2] ?? '' }], { message: 'no', forMs: 60_000 });
    await fenced.release([{ key: 'free', token: tokens[3] ?? '' }]);
    await fenced.store([
      { key: 'expired', value: Buffer.from('v'), ttlMs: 1 },
      { key: 'refreshed', value: Buffer.from('v'), ttlMs: 1 },
      { key: 'dropped', value: Buffer.from('v'), ttlMs: 0 },
    ]);
    await fenced.acquire('refreshed', 60_000);
    await limiter.hit('over', { limit: 1, windowMs: 1 });
    await limiter.hit('counted', { limit: 1, windowMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await rowsOf(backend, table)).toBe(7);
    await backend.sweep();
    expect(await rowsOf(backend, table)).toBe(3);
    expect(await rowsOf(backend, `${table}_limit`)).toBe(1);
    expect((await backend.tier.stats()).expirations).toBe(1);
    const after = await fenced.fetchMany(['held', 'noted', 'refreshed'], 1);
    expect(after.map(({ state }) => state)).toEqual(['held', 'failed', 'held']);
    expect(await fenced.renew('held', tokens[1] ?? '', 60_000)).toBe(tokens[1]);
  });

  test('several sweep one table at the same time, beside writers', async () => {
    const table = `t_${randomBytes(6).toString('hex')}`;
    const shared = url().startsWith('sqlite') ? undefined : url();
    const first = await open(url(), table);
    const others =
      shared === undefined ? [first, first] : [await open(shared, table), await open(shared, table)];
    await first.tier.setMany(entries(2000, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([
      ...[first, ...others].map((backend) => backend.sweep()),
      ...others.map((backend) => backend.tier.setMany(entries(300, 1_000_000))),
      ...others.map((backend) =>
        backend.tier.deleteMany(
          entries(200, 1_000_000)
            .map(({ key }) => key)
            .toReversed(),
        ),
      ),
    ]);
    await first.sweep();
    expect(Number(await rowsOf(first, table))).toBeGreaterThanOrEqual(100);
    expect(Number(await rowsOf(first, table))).toBeLessThanOrEqual(300);
  });
});

test('a closed backend leaves no timer behind', async () => {
  const clock = new ManualClock();
  const backend = await open('sqlite::memory:', 'gone', clock);
  await backend.close();
  expect(clock.pendingTimers).toBe(0);
});
