import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DatabaseBackend, openDatabase } from '../../src/backends/database/open.ts';
import type { Ledger } from '../../src/backends/ledger.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

let server: PrivateServer;
const folder = Supervised.start('sqlite');
beforeAll(async () => {
  server = await startPostgres(process.env);
});
afterAll(async () => {
  await Promise.all([server?.stop(), folder.then((supervised) => supervised.stop())]);
});

const ledgerOf = ({ openLedger }: DatabaseBackend): Ledger => {
  if (openLedger === undefined) throw new Error('a database has ledgers');
  return openLedger('ns');
};

describe.each([
  ['sqlite', async (table: string) => `sqlite:${join((await folder).dir, table)}.db`],
  ['postgresql', async () => server.url],
])('concurrent clients of a ledger: %s', (_product, urlOf) => {
  let backends: DatabaseBackend[];
  let table = '';
  let near: Ledger;
  let far: Ledger;
  beforeAll(async () => {
    table = `t_${randomBytes(6).toString('hex')}`;
    const options = {
      url: await urlOf(table),
      table,
      deadlineMs: 5000,
      connectTimeoutMs: 4500,
      durable: false,
    };
    const pair = [await openDatabase(options), await openDatabase(options)] as const;
    backends = [...pair];
    [near, far] = [ledgerOf(pair[0]), ledgerOf(pair[1])];
  });
  afterAll(async () => {
    await Promise.all(backends.map((backend) => backend.close()));
  });

  test('who makes a missing tag takes nothing back of what a change gave it', async () => {
    for (let i = 0; i < 60; i++) {
      const tag = `new ${i}`;
      const reads = Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? near : far).read([tag, `other ${i}`]));
      const [{ page }, pages] = await Promise.all([far.advance({ tags: [tag] }), Promise.all(reads)]);
      expect((await near.read([tag])).tags).toEqual([page.epoch]);
      for (const { epoch, tags } of pages) expect(tags[0]).toBeLessThanOrEqual(epoch);
    }
  });

  test('pages are of one moment: no tag and no pattern has a number that is not yet reached', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const change = async (ledger: Ledger, all: boolean): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        await ledger.advance({ tags: [names[i % 4] ?? ''], patterns: [`p${i}*`], all: all && i % 5 === 0 });
      }
    };
    const read = async (ledger: Ledger): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        const page = await ledger.read([...names, `new ${i}`]);
        const numbers = [...page.tags, ...page.patterns.map(({ epoch }) => epoch), page.floor];
        expect(Math.max(...numbers)).toBeLessThanOrEqual(page.epoch);
      }
    };
    await Promise.all([change(near, true), change(far, false), change(near, false), read(near), read(far)]);
  });

  test('a tag that is asked for lives on, whatever its age; one that is not goes', async () => {
    const { tags } = (await near.advance({ tags: ['used', 'unused'] })).page;
    await near.advance({ tags: ['between'] });
    const [backend] = backends;
    if (backend === undefined) throw new Error('none is open');
    const days = (count: number): number => count * 24 * 3_600_000;
    const age = (by: number): Promise<unknown> =>
      backend.sql.query(`UPDATE ${table}_tag SET expires_at = expires_at - $1`, [by]);
    await age(days(20));
    expect((await far.read(['used'])).tags).toEqual(tags.slice(0, 1));
    await age(days(20));
    await backend.sweep();
    const page = await far.read(['used', 'unused']);
    expect(page.tags).toEqual([tags[0], page.epoch]);
    expect(page.epoch).toBeGreaterThan(tags[1] ?? 0);
  });
});
