/*
 * What fenced access to a database costs against the plain calls of the tier, in turn, on a private PostgreSQL over a
 * socket and on a SQLite file. Figures are times as long as the plain call takes, smaller is better.
 * Run: npx tsx test/perf/database-fenced.ts
 */
import { join } from 'node:path';
import { type DatabaseBackend, openDatabase } from '../../src/backends/database/open.ts';
import type { FencedAccess } from '../../src/backends/fenced.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { callInTurn, interleavedRatio, type Ratio, shown } from './interleaved-ratio.ts';

const VALUE = Buffer.alloc(128, 'v');
const TTL_MS = 600_000;
const LEASE_MS = 3000;
const KEYS = Array.from({ length: 1000 }, (_, i) => `bench:customer:${i}`);

type Call = () => Promise<unknown>;
type Comparison = readonly [what: string, calls: number, inFlight: number, plain: Call, fenced: Call];

function comparisons({ tier }: DatabaseBackend, fenced: FencedAccess): readonly Comparison[] {
  const hot = KEYS[1] ?? '';
  const some = KEYS.slice(0, 20);
  const entry = { key: 'bench:stored', value: VALUE, ttlMs: TTL_MS };
  let miss = 0;
  const get: Call = () => tier.get(hot, { withTtl: true });
  const hit: Call = () => fenced.fetch(hot, LEASE_MS);
  const readAndSet: Call = async () => {
    const key = `bench:plain:${miss++}`;
    await tier.get(key);
    await tier.set(key, VALUE, TTL_MS);
  };
  const fetchAndFill: Call = async () => {
    const key = `bench:fenced:${miss++}`;
    const lease = await fenced.fetch(key, LEASE_MS);
    if (lease.state !== 'granted') throw new Error(`it is ${lease.state}`);
    await fenced.fill([{ key, token: lease.token, value: VALUE, ttlMs: TTL_MS }]);
  };
  return [
    ['noise: get against itself', 200, 1, get, get],
    ['fetch of a hit against get', 200, 1, get, hit],
    ['the same, 20 in flight', 600, 20, get, hit],
    [
      'fetchMany of 20 hits against getMany',
      60,
      1,
      () => tier.getMany(some, { withTtl: true }),
      () => fenced.fetchMany(some, LEASE_MS),
    ],
    ['store against set', 100, 1, () => tier.set(entry.key, VALUE, TTL_MS), () => fenced.store([entry])],
    ['miss: fetch and fill against get and set', 60, 1, readAndSet, fetchAndFill],
    [
      'invalidate against delete',
      100,
      1,
      () => tier.delete('bench:gone'),
      () => fenced.invalidate(['bench:gone']),
    ],
  ];
}

/** Ratios are of speeds; turned round, they are of times. */
const times = ({ median, low, high }: Ratio): Ratio => ({ median: 1 / median, low: 1 / high, high: 1 / low });

async function measure(url: string): Promise<void> {
  const backend = await openDatabase({ url, deadlineMs: 10_000 });
  try {
    const { fenced } = backend.tier;
    if (fenced === undefined) throw new Error('a database has fenced access');
    await fenced.store(KEYS.map((key) => ({ key, value: VALUE })));
    for (const [what, calls, inFlight, plain, other] of comparisons(backend, fenced)) {
      const ratio = await interleavedRatio(
        () => callInTurn(calls, inFlight, plain),
        () => callInTurn(calls, inFlight, other),
        61,
      );
      process.stdout.write(`${backend.sql.product}, ${what}: ${shown(times(ratio))} times as long\n`);
    }
  } finally {
    await backend.close();
  }
}

const server = await startPostgres(process.env);
const folder = await Supervised.start('sqlite');
try {
  await measure(server.url);
  await measure(`sqlite:${join(folder.dir, 'bench.db')}`);
} finally {
  await Promise.all([server.stop(), folder.stop()]);
}
