/*
 * What fenced access to Redis costs against the bare commands of ioredis, in turn, on a private server. Figures are
 * times as long as the bare command takes, smaller is better.
 * Run: npm run bench:fenced
 */
import { Redis } from 'ioredis';
import type { FencedAccess } from '../../src/backends/fenced.ts';
import type { Tier } from '../../src/backends/tier.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { callInTurn, interleavedRatio, type Ratio, shown } from './interleaved-ratio.ts';

const VALUE = Buffer.alloc(128, 'v');
const TTL_MS = 60_000;
const LEASE_MS = 3000;
const KEYS = Array.from({ length: 1000 }, (_, i) => `bench:customer:${i}`);

interface Subject {
  readonly bare: Redis;
  readonly tier: Tier;
  readonly fenced: FencedAccess;
}

interface Comparison {
  readonly what: string;
  readonly bare: () => Promise<unknown>;
  readonly fenced: () => Promise<unknown>;
  /** Calls in a round. */
  readonly calls: number;
  readonly inFlight: number;
  readonly pairs: number;
}

function comparisons({ bare, tier, fenced }: Subject): readonly Comparison[] {
  const entries = KEYS.map((key) => ({ key, value: VALUE, ttlMs: TTL_MS }));
  const entry = { key: 'bench:stored', value: VALUE, ttlMs: TTL_MS };
  const hot = 'bench:customer:1';
  let miss = 0;
  const one = { calls: 400, inFlight: 1, pairs: 151 };
  const get = (): Promise<unknown> => bare.getBuffer(hot);
  const set = (): Promise<unknown> => bare.set(entry.key, VALUE, 'PX', TTL_MS);
  const hit = (): Promise<unknown> => fenced.fetch(hot, LEASE_MS);
  return [
    { what: 'noise: GET against itself', bare: get, fenced: get, ...one },
    { what: 'get of the tier against GET', bare: get, fenced: () => tier.get(hot), ...one },
    { what: 'fetch of a hit against GET', bare: get, fenced: hit, ...one },
    { what: 'the same, 50 in flight', bare: get, fenced: hit, calls: 5000, inFlight: 50, pairs: 41 },
    {
      what: 'fetchMany of 1,000 hits against MGET',
      bare: () => bare.mgetBuffer(KEYS),
      fenced: () => fenced.fetchMany(KEYS, LEASE_MS),
      calls: 4,
      inFlight: 1,
      pairs: 101,
    },
    { what: 'store against SET', bare: set, fenced: () => fenced.store([entry]), ...one },
    {
      what: 'store of 1,000 against a pipeline of SET',
      bare: () => bare.pipeline(entries.map(({ key, value }) => ['set', key, value, 'PX', TTL_MS])).exec(),
      fenced: () => fenced.store(entries),
      calls: 2,
      inFlight: 1,
      pairs: 61,
    },
    {
      what: 'miss: fetch and fill against GET and SET',
      bare: async () => {
        await bare.getBuffer(`bench:bare:${miss}`);
        await bare.set(`bench:bare:${miss++}`, VALUE, 'PX', TTL_MS);
      },
      fenced: async () => {
        const key = `bench:fenced:${miss++}`;
        const lease = await fenced.fetch(key, LEASE_MS);
        if (lease.state !== 'granted') throw new Error(`it is ${lease.state}`);
        await fenced.fill([{ key, token: lease.token, value: VALUE, ttlMs: TTL_MS }]);
      },
      ...one,
    },
    {
      what: 'invalidate against UNLINK',
      bare: () => bare.unlink('bench:gone'),
      fenced: () => fenced.invalidate(['bench:gone']),
      ...one,
    },
  ];
}

/** Ratios are of speeds; turned round, they are of times. */
function times({ median, low, high }: Ratio): Ratio {
  return { median: 1 / median, low: 1 / high, high: 1 / low };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const server = await startRedis(process.env, { listen: await freePort() });
const bare = new Redis(server.url);
const backend = await openRedis({ url: server.url, deadlineMs: 10_000 });
try {
  const { fenced } = backend.tier;
  if (fenced === undefined) throw new Error('redis has fenced access');
  await fenced.store(KEYS.map((key) => ({ key, value: VALUE })));
  for (const { what, calls, inFlight, pairs, ...sides } of comparisons({
    bare,
    tier: backend.tier,
    fenced,
  })) {
    const ratio = await interleavedRatio(
      () => callInTurn(calls, inFlight, sides.bare),
      () => callInTurn(calls, inFlight, sides.fenced),
      pairs,
    );
    print(`${what}: ${shown(times(ratio))} times as long`);
  }
} finally {
  bare.disconnect();
  await backend.close();
  await server.stop();
}
