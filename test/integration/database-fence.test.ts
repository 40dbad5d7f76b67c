import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DatabaseBackend, openDatabase } from '../../src/backends/database/open.ts';
import type { FencedAccess, HeldLease } from '../../src/backends/fenced.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import type { PrivateServer } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

const DEADLINE_MS = 5000;
const LEASE_MS = 60_000;
const TTL_MS = 600_000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const name = (): string => `t_${randomBytes(6).toString('hex')}`;
const bytes = (value: number | string): Uint8Array => Buffer.from(String(value));
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

let server: PrivateServer;
const folder = Supervised.start('sqlite');
const opened: DatabaseBackend[] = [];
beforeAll(async () => {
  server = await startPostgres(process.env);
});
afterAll(async () => {
  await Promise.all(opened.map((backend) => backend.close()));
  await Promise.all([server?.stop(), folder.then((supervised) => supervised.stop())]);
});

type Open = (table: string) => Promise<DatabaseBackend>;
const kept = async (opening: Promise<DatabaseBackend>): Promise<DatabaseBackend> => {
  const backend = await opening;
  opened.push(backend);
  return backend;
};
const onPostgres: Open = (table) =>
  kept(openDatabase({ url: server.url, table, deadlineMs: DEADLINE_MS, connectTimeoutMs: 4500 }));
const onFile: Open = async (table) =>
  kept(
    openDatabase({
      url: `sqlite:${join((await folder).dir, table)}.db`,
      durable: false,
      table,
      deadlineMs: DEADLINE_MS,
      connectTimeoutMs: 4500,
    }),
  );

const fencedOf = ({ tier }: DatabaseBackend): FencedAccess => {
  if (tier.fenced === undefined) throw new Error('a database is fenced');
  return tier.fenced;
};

/** Two as two processes have them. */
const openTwo = async (open: Open): Promise<[DatabaseBackend, DatabaseBackend]> => {
  const table = name();
  return [await open(table), await open(table)];
};

const granted = async (fenced: FencedAccess, key: string): Promise<HeldLease> => {
  const lease = await fenced.acquire(key, LEASE_MS);
  if (lease.state !== 'granted') throw new Error(`${key} is ${lease.state}`);
  return { key, token: lease.token };
};

/** The data that is cached: a number for each key, which only grows. */
class Truth {
  readonly now: number[];
  /** What every read that begins from now on must see at least. */
  readonly acknowledged: number[];
  readonly stale: string[] = [];
  hits = 0;
  fills = 0;

  constructor(keys: number) {
    this.now = times(keys, () => 0);
    this.acknowledged = times(keys, () => 0);
  }
}

/** Reads as the engine does: a value is loaded after its lease was granted, and takes its time. */
async function readOnce(
  fenced: FencedAccess,
  truth: Truth,
  at: number,
  random: Random,
  forced: boolean,
): Promise<void> {
  const key = `k${at}`;
  const least = truth.acknowledged[at] ?? 0;
  const fetched = forced ? await fenced.acquire(key, LEASE_MS) : await fenced.fetch(key, LEASE_MS);
  if (fetched.state === 'hit') {
    truth.hits++;
    const value = Number(Buffer.from(fetched.hit.value).toString());
    if (value < least) truth.stale.push(`${key}: ${value} after ${least}`);
  }
  if (fetched.state !== 'granted') return;
  const loaded = truth.now[at] ?? 0;
  for (let turns = Math.floor(random.next() * 6); turns > 0; turns--) await turn();
  const entry = { key, token: fetched.token, value: bytes(loaded), ttlMs: TTL_MS };
  const [stored] = await fenced.fill([entry]);
  if (stored === true) truth.fills++;
}

type Change = (fenced: FencedAccess, key: string, write: () => number) => Promise<void>;
const CHANGES: Readonly<Record<string, Change>> = {
  invalidate: async (fenced, key, write) => {
    write();
    await fenced.invalidate([key]);
  },
  store: async (fenced, key, write) => {
    await fenced.store([{ key, value: bytes(write()), ttlMs: TTL_MS }]);
  },
  'claim and settle': async (fenced, key, write) => {
    const [lease] = await fenced.claim([key], LEASE_MS);
    const value = bytes(write());
    await fenced.settle([{ key, token: lease?.token ?? '', value, ttlMs: TTL_MS }]);
  },
};

/** Readers, and one writer for each key, as fast as they can, through two pools of connections. */
async function race(open: Open, change: Change, rounds: number): Promise<Truth> {
  const random = seededRandom(7);
  const keys = 4;
  const truth = new Truth(keys);
  const pools = (await openTwo(open)).map(fencedOf);
  const any = (): FencedAccess => pools[random.next() < 0.5 ? 0 : 1] as FencedAccess;
  let writers = keys;
  const write = async (at: number): Promise<void> => {
    for (let i = 1; i <= rounds; i++) {
      await change(any(), `k${at}`, () => (truth.now[at] = i));
      truth.acknowledged[at] = i;
      await readOnce(any(), truth, at, random, false);
    }
    writers--;
  };
  const read = async (): Promise<void> => {
    while (writers > 0)
      await readOnce(any(), truth, Math.floor(random.next() * keys), random, random.next() < 0.2);
  };
  await Promise.all([...times(keys, write), ...times(16, read)]);
  return truth;
}

describe.each([
  ['sqlite', onFile],
  ['postgresql', onPostgres],
])('concurrent clients of a fenced table: %s', (_product, open) => {
  test.each(Object.entries(CHANGES))(
    'nothing that was loaded before %s is read after it',
    async (_what, change) => {
      const truth = await race(open, change, 150);
      expect(truth.stale).toEqual([]);
      expect(truth.hits).toBeGreaterThan(100);
      expect(truth.fills).toBeGreaterThan(20);
    },
  );

  test('who found no entry when another stored one does not fill any more', async () => {
    const pools = (await openTwo(open)).map(fencedOf);
    const [near, far] = pools as [FencedAccess, FencedAccess];
    let grants = 0;
    for (let i = 0; i < 60; i++) {
      const key = `k${i}`;
      const asking = times(6, (n) => (n % 2 === 0 ? near : far).fetch(key, LEASE_MS));
      if (i % 2 === 0) await Promise.race(asking);
      const [fetched] = await Promise.all([
        Promise.all(asking),
        far.store([{ key, value: bytes('stored') }]),
      ]);
      for (const each of fetched) {
        if (each.state !== 'granted') continue;
        grants++;
        expect(await near.fill([{ key, token: each.token, value: bytes('filled') }])).toEqual([false]);
      }
    }
    expect(grants).toBeGreaterThan(5);
  });

  test('whoever changes rows without regard to leases voids them as well', async () => {
    const [near, far] = await openTwo(open);
    const fenced = fencedOf(near);
    const changes: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
      set: (key) => far.tier.set(key, bytes('theirs')),
      setMany: (key) => far.tier.setMany([{ key, value: bytes('theirs') }]),
      delete: (key) => far.tier.delete(key),
      deleteMany: (key) => far.tier.deleteMany([key, 'another']),
      deletePrefix: (key) => far.tier.deletePrefix(key),
    };
    for (const [key, change] of Object.entries(changes)) {
      const lease = await granted(fenced, key);
      await change(key);
      expect(await fenced.fill([{ ...lease, value: bytes('late') }])).toEqual([false]);
    }
  });

  test('of all that read a cold key one loads it', async () => {
    const pools = (await openTwo(open)).map(fencedOf);
    const [near, far] = pools as [FencedAccess, FencedAccess];
    for (let i = 0; i < 30; i++) {
      const key = `k${i}`;
      let loads = 0;
      const readUntilHit = async (fenced: FencedAccess): Promise<void> => {
        for (;;) {
          const fetched = await fenced.fetch(key, LEASE_MS);
          if (fetched.state === 'hit') return;
          if (fetched.state !== 'granted') continue;
          loads++;
          await fenced.fill([{ key, token: fetched.token, value: bytes(i) }]);
        }
      };
      await Promise.all(times(16, (n) => readUntilHit(n % 2 === 0 ? near : far)));
      expect(loads).toBe(1);
    }
  });

  test('calls of many keys in any order do not wait for each other in a circle', async () => {
    const pools = (await openTwo(open)).map(fencedOf);
    const random = seededRandom(3);
    const some = (): string[] =>
      times(12, (i) => `k${i}`)
        .map((key) => ({ key, order: random.next() }))
        .sort((a, b) => a.order - b.order)
        .map(({ key }) => key)
        .slice(0, 8);
    const entriesOf = (leases: readonly HeldLease[]) =>
      leases.map((lease) => ({ ...lease, value: bytes('v') }));
    const once = async (fenced: FencedAccess): Promise<void> => {
      const keys = some();
      const fetched = await fenced.fetchMany(keys, LEASE_MS);
      const leases = fetched.flatMap((each, i) =>
        each.state === 'granted' ? [{ key: keys[i] ?? '', token: each.token }] : [],
      );
      await fenced.fill(entriesOf(leases.slice(0, 4)));
      await fenced.release(leases.slice(4), { message: 'no', forMs: 1 });
      await fenced.settle(entriesOf(await fenced.claim(some(), LEASE_MS)));
      await fenced.store(some().map((key, i) => ({ key, value: bytes('v'), ttlMs: i % 3 })));
      await fenced.invalidate(some());
    };
    const client = async (fenced: FencedAccess): Promise<void> => {
      for (let i = 0; i < 12; i++) await once(fenced);
    };
    const clients = times(12, (n) => client(pools[n % 2] as FencedAccess));
    await expect(Promise.all(clients)).resolves.toHaveLength(12);
  });
});

describe('postgresql: what waited for a row goes on with the row as it is then', () => {
  let near: DatabaseBackend;
  let fenced: FencedAccess;
  let table = '';
  beforeAll(async () => {
    table = name();
    near = await onPostgres(table);
    fenced = fencedOf(near);
    // Sessions for all that is under way at once: to open one takes longer than it may to keep the order.
    await Promise.all(times(4, () => near.sql.query('SELECT pg_sleep(0.2)')));
  });

  /** Starts calls one after another while the key's row is locked, so that they are done in this order. */
  const queued = async <T extends readonly unknown[]>(
    key: string,
    calls: { readonly [K in keyof T]: () => Promise<T[K]> },
  ): Promise<{ -readonly [K in keyof T]: T[K] }> => {
    const lock = { sql: `SELECT 1 FROM ${table} WHERE key = $1 FOR UPDATE`, params: [bytes(key)] };
    const locked = near.sql.batch([lock, { sql: 'SELECT pg_sleep(0.4)' }]);
    const started: Promise<unknown>[] = [];
    for (const call of calls) {
      await wait(100);
      started.push(call());
    }
    await locked;
    return (await Promise.all(started)) as { -readonly [K in keyof T]: T[K] };
  };
  const value = async (key: string): Promise<string | undefined> => {
    const hit = await near.tier.get(key);
    return hit === undefined ? undefined : Buffer.from(hit.value).toString();
  };

  test('a fill behind an invalidation', async () => {
    const lease = await granted(fenced, 'a');
    const [, stored] = await queued<[unknown, boolean[]]>('a', [
      () => fenced.invalidate(['a']),
      () => fenced.fill([{ ...lease, value: bytes('old') }]),
    ]);
    expect(stored).toEqual([false]);
    expect(await value('a')).toBeUndefined();
  });

  test('an invalidation behind a fill', async () => {
    const lease = await granted(fenced, 'b');
    const [stored, { removed }] = await queued<[boolean[], { removed: number }]>('b', [
      () => fenced.fill([{ ...lease, value: bytes('old') }]),
      () => fenced.invalidate(['b']),
    ]);
    expect(stored).toEqual([true]);
    expect(removed).toBe(1);
    expect(await value('b')).toBeUndefined();
  });

  test('a fill behind a store, and behind a claim', async () => {
    const lease = await granted(fenced, 'c');
    const [, stored] = await queued<[unknown, boolean[]]>('c', [
      () => fenced.store([{ key: 'c', value: bytes('new') }]),
      () => fenced.fill([{ ...lease, value: bytes('old') }]),
    ]);
    expect(stored).toEqual([false]);
    expect(await value('c')).toBe('new');
    const second = await granted(fenced, 'c');
    const [claimed, filled] = await queued<[HeldLease[], boolean[]]>('c', [
      () => fenced.claim(['c'], LEASE_MS),
      () => fenced.fill([{ ...second, value: bytes('old') }]),
    ]);
    expect(filled).toEqual([false]);
    const settled = await fenced.settle(claimed.map((each) => ({ ...each, value: bytes('newer') })));
    expect(settled).toEqual({ stored: [true], audience: undefined });
    expect(await value('c')).toBe('newer');
  });

  test('a settlement behind an invalidation, a store or a claim of others', async () => {
    for (const meddle of [
      () => fenced.invalidate(['d']),
      () => fenced.store([{ key: 'd', value: bytes('theirs') }]),
      () => fenced.claim(['d'], LEASE_MS),
    ]) {
      const [lease] = await fenced.claim(['d'], LEASE_MS);
      const [, settled] = await queued<[unknown, { stored: readonly boolean[] }]>('d', [
        meddle,
        () => fenced.settle([{ key: 'd', token: lease?.token ?? '', value: bytes('mine') }]),
      ]);
      expect(settled.stored).toEqual([false]);
      expect(await value('d')).toBeUndefined();
      expect((await fenced.fetch('d', LEASE_MS)).state).toBe('granted');
      await fenced.invalidate(['d']);
    }
  });

  test('a fetch that saw no entry behind the fill that makes it: no second lease', async () => {
    const lease = await granted(fenced, 'e');
    // The lease looks ended to who reads, and is in force again when the row is free.
    await near.sql.query(`UPDATE ${table} SET lease_until = 0 WHERE key = $1`, [bytes('e')]);
    const revive = { sql: `UPDATE ${table} SET lease_until = 1e15 WHERE key = $1`, params: [bytes('e')] };
    const reviving = near.sql.batch([revive, { sql: 'SELECT pg_sleep(0.3)' }]);
    await wait(100);
    const fetching = fenced.fetch('e', LEASE_MS);
    await reviving;
    expect(await fetching).toEqual({ state: 'held' });
    expect(await fenced.fill([{ ...lease, value: bytes('v') }])).toEqual([true]);
  });
});
