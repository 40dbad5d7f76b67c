/*
 * What the engine costs beside the bare clients it uses, each as a ratio within one run, in turn: a hit in this
 * process against ten lines over lru-cache, a hit in Redis against ioredis, a set in both tiers with its message
 * against a bare SET, a batch against MGET; and a tag with a million entries.
 * Run: npm run bench:engine [-- tagged entries] (compiled, as applications run it: tsx wraps every function it creates)
 */
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { openRedis } from '../../src/backends/redis/open.ts';
import { type Cache, createCache, openMemory } from '../../src/engine/index.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { callInTurn, interleavedRatio, type Round, shown } from './interleaved-ratio.ts';

const KEYS = 1000;
const TAGGED = Number(process.argv[2] ?? 1_000_000);
const value = { id: 1, name: 'a product', price: 12.5, tags: ['a', 'b', 'c'], text: 'x'.repeat(60) };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Keys that were made at run time, as those of applications are. */
const keys = Array.from({ length: KEYS }, (_, i) => `product:${i}`);
const keyAt = (i: number): string => keys[i % KEYS] as string;

/** Nanoseconds for one of `calls` calls made one after the other. */
async function nsPerCall(calls: number, call: (i: number) => unknown): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) await call(i);
  return ((performance.now() - start) * 1e6) / calls;
}

async function medianOf(runs: number, measure: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let run = 0; run < runs; run++) all.push(await measure());
  return all.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}

/** What people write by hand. */
function tenLines(): (key: string, load: () => Promise<unknown>) => Promise<unknown> {
  const lru = new LRUCache<string, object>({ max: 100_000, ttl: 60_000 });
  return async (key, load) => {
    const found = lru.get(key);
    if (found !== undefined) return found;
    const loaded = (await load()) as object;
    lru.set(key, loaded);
    return loaded;
  };
}

async function nearHits(cache: Cache): Promise<void> {
  const load = async (): Promise<unknown> => value;
  const byHand = tenLines();
  for (const key of keys) await Promise.all([cache.getOrLoad(key, load), byHand(key, load)]);
  const calls = 20_000;
  const peeks = await medianOf(15, async () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) cache.peek(keyAt(i));
    return ((performance.now() - start) * 1e6) / calls;
  });
  const hits = await medianOf(15, () => nsPerCall(calls, (i) => cache.getOrLoad(keyAt(i), load)));
  print(`hit in this process: peek ${peeks.toFixed(0)} ns, getOrLoad ${hits.toFixed(0)} ns`);
  const ratio = await interleavedRatio(
    async () => void (await nsPerCall(calls, (i) => cache.getOrLoad(keyAt(i), load))),
    async () => void (await nsPerCall(calls, (i) => byHand(keyAt(i), load))),
    41,
  );
  print(`getOrLoad, hit in this process: ${shown(ratio)} times the time of ten lines over lru-cache`);
}

const server = await startRedis(process.env, { listen: await freePort(), maxMemoryBytes: 2 * 1024 ** 3 });
try {
  const bare = new Redis(server.url);
  const cache = createCache({
    namespace: 'both',
    tiers: [
      { tier: openMemory(), ttl: '10m' },
      { tier: await openRedis({ url: server.url }), ttl: '1h' },
    ],
  });
  await nearHits(cache);

  const remote = createCache({
    namespace: 'remote',
    tiers: [{ tier: await openRedis({ url: server.url }), ttl: '1h' }],
  });
  const load = async (): Promise<unknown> => value;
  const text = JSON.stringify(value);
  for (const key of keys) await Promise.all([remote.getOrLoad(key, load), bare.set(`bare:${key}`, text)]);
  const turn = (calls: number, inFlight: number, call: (i: number) => Promise<unknown>): Round => {
    let i = 0;
    return () => callInTurn(calls, inFlight, () => call(i++));
  };
  const rawGet = async (i: number): Promise<unknown> =>
    JSON.parse((await bare.get(`bare:${keyAt(i)}`)) as string) as unknown;
  for (const { inFlight, calls, pairs } of [
    { inFlight: 1, calls: 400, pairs: 151 },
    { inFlight: 64, calls: 6400, pairs: 41 },
  ]) {
    const ratio = await interleavedRatio(
      turn(calls, inFlight, (i) => remote.getOrLoad(keyAt(i), load)),
      turn(calls, inFlight, rawGet),
      pairs,
    );
    print(
      `getOrLoad, hit in Redis, ${inFlight} in flight: ${shown(ratio)} times the time of ioredis GET and JSON.parse`,
    );
  }

  const lru = new LRUCache<string, object>({ max: 1 });
  const handMade = async (key: string): Promise<object> => {
    const near = lru.get(key);
    if (near !== undefined) return near;
    const found = JSON.parse((await bare.get(`bare:${key}`)) as string) as object;
    lru.set(key, found);
    return found;
  };
  const small = createCache({
    namespace: 'remote',
    tiers: [
      { tier: openMemory({ maxEntries: 1 }), ttl: '10m' },
      { tier: await openRedis({ url: server.url }), ttl: '1h' },
    ],
  });
  const both = await interleavedRatio(
    turn(6400, 64, (i) => handMade(keyAt(i))),
    turn(6400, 64, (i) => small.getOrLoad(keyAt(i), load)),
    41,
  );
  print(
    `two tiers, hit in Redis, 64 in flight: ${shown(both)} times the throughput of lru-cache and ioredis by hand`,
  );
  await small.close();

  const set = await interleavedRatio(
    turn(400, 1, (i) => cache.set(keyAt(i), value)),
    turn(400, 1, (i) => bare.set(`bare:${keyAt(i)}`, text, 'PX', 3_600_000)),
    101,
  );
  print(`set in both tiers and tell the others: ${shown(set)} times the time of a bare SET`);

  const batch = keys.map((key) => `bare:${key}`);
  const many = await interleavedRatio(
    async () => void (await remote.getOrLoadMany(keys, (missing) => missing.map(() => value))),
    async () => void (await bare.mget(batch)).map((one) => JSON.parse(one as string) as unknown),
    61,
  );
  print(`batch of ${KEYS}, hits in Redis: ${shown(many)} times the time of a bare MGET and JSON.parse`);
  const bareMany = await interleavedRatio(
    async () => void (await remote.getOrLoadMany(keys, (missing) => missing.map(() => value))),
    async () => void (await bare.mget(batch)),
    61,
  );
  print(`batch of ${KEYS}, hits in Redis: ${shown(bareMany)} times the time of a bare MGET alone`);

  for (let i = 0; i < TAGGED; i += 5000) {
    const part = Array.from({ length: Math.min(5000, TAGGED - i) }, (_, j) => ({
      key: `tagged:${i + j}`,
      value: i + j,
      tags: ['many'],
    }));
    await remote.setMany(part);
  }
  const times: number[] = [];
  for (let i = 0; i < 101; i++) {
    const start = performance.now();
    await remote.invalidate({ tags: ['many'] });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const gone = await remote.getMany(['tagged:0', `tagged:${TAGGED - 1}`]);
  if (gone.some((one) => one !== undefined)) throw new Error('the tag was not invalidated');
  print(
    `invalidating a tag of ${TAGGED} entries: p50 ${(times[50] ?? 0).toFixed(2)} ms, p99 ${(times[99] ?? 0).toFixed(2)} ms`,
  );
  bare.disconnect();
  await Promise.all([cache.close(), remote.close()]);
} finally {
  await server.stop();
}
