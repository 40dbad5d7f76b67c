/**
 * The raw driver in the tool's own closed loop (keys and operations drawn, every latency recorded, every value verified)
 * against redis-benchmark, on the same server over loopback TCP: GET of 100-byte values on 50 connections. The two take
 * turns; the order changes from pair to pair, and the ratio of each pair is what counts.
 * Run: npm run bench:raw [pipeline…] (compiled, as it is installed)
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { raw } from '../../src/bench/drivers/raw.ts';
import { runRawLoop } from '../../src/bench/executors/raw-loop.ts';
import { type Recorded, Recording, release } from '../../src/bench/recording.ts';
import { createCache, openMemory } from '../../src/engine/index.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { createKeyDistribution } from '../../src/workload/distributions.ts';
import { type Operation, OperationMix } from '../../src/workload/operations.ts';
import { always } from '../../src/bench/schedule.ts';
import { TtlMaker } from '../../src/workload/ttls.ts';
import { ValueMaker } from '../../src/workload/values.ts';
import { median, print, reads } from './scenario.ts';

const CONNECTIONS = 50;
const VALUE_BYTES = 100;
const KEYS = 1000;
const TURN_MS = 1500;
const PAIRS = 15;
/** By pipeline: the ratio that is aimed at. */
const TARGETS: Readonly<Record<number, number>> = { 1: 1, 16: 0.9, 100: 0.85 };
/** redis-benchmark counts requests, not time: this many tell how many it does in about one turn. */
const FIRST_REQUESTS = 100_000;

const run = promisify(execFile);
const asked = process.argv.slice(2).map(Number);
const pipelines = asked.length > 0 ? asked : Object.keys(TARGETS).map(Number);
const server = await startRedis(process.env, { listen: await freePort() });
const port = new URL(server.url).port;
const scenario = reads({ connections: CONNECTIONS });
const random = seededRandom(1);
const cache = createCache({ namespace: 'cachectl-12345678', tiers: [{ tier: openMemory(), ttl: 1000 }] });
const context = {
  scenario: { ...scenario, keyspace: { ...scenario.keyspace, keys: KEYS } },
  tiers: ['redis'],
  target: { redis: server.url },
  cache,
  values: new ValueMaker({ distribution: 'fixed', bytes: VALUE_BYTES }, random),
  ttls: new TtlMaker({ distribution: 'none' }, random),
  loadOrigin: () => Promise.resolve(1),
  batchOf: (key: number) => [key],
  clock: systemClock,
} as const;

/** Operations per second of redis-benchmark; a hit each, because its one key has been set. */
async function theirs(pipeline: number, requests: number): Promise<number> {
  const { stdout } = await run('redis-benchmark', [
    ...['-h', '127.0.0.1', '-p', port, '-t', 'get', '-c', String(CONNECTIONS), '-d', String(VALUE_BYTES)],
    ...['-P', String(pipeline), '-n', String(requests), '--csv'],
  ]);
  return Number(/"GET","([\d.]+)"/.exec(stdout)?.[1]);
}

/** Operations per second of our loop on fresh connections. A turn with a failure or a miss counts for nothing. */
async function ours(pipeline: number): Promise<number> {
  const opened = await raw.open(context);
  const { driver } = opened;
  if (!('begin' in driver)) throw new TypeError('the raw driver works by callbacks');
  const loop = async (
    { signal }: AbortController,
    durationMs: number,
    nextOperation: () => Operation,
    nextKey: () => number,
  ): Promise<Recorded> => {
    const startMs = systemClock.nowMs();
    const recording = new Recording(startMs, 'closed');
    const endMs = startMs + durationMs;
    const plan = { recording, nextOperation, nextKey, clock: systemClock, endMs, signal };
    await runRawLoop(driver, plan, always(CONNECTIONS), pipeline);
    const recorded = recording.finish(systemClock.nowMs());
    release(recorded);
    return recorded;
  };
  const full = new AbortController();
  let filled = 0;
  const nextToFill = (): number => {
    if (filled === KEYS - 1) full.abort();
    return filled++ % KEYS;
  };
  await loop(full, Infinity, () => 'set', nextToFill);
  const mix = new OperationMix({ ...scenario.operations, getOrLoad: 0, set: 0, get: 1 }, random);
  const keys = createKeyDistribution({ distribution: 'uniform', keys: KEYS }, random, random);
  const { operations, errors, seconds, measuredMs } = await loop(
    new AbortController(),
    TURN_MS,
    () => mix.next(),
    () => keys.next(),
  );
  await opened.close();
  const hits = seconds.reduce((sum, second) => sum + second.hits, 0);
  if (errors.total > 0 || hits !== operations) {
    throw new Error(`${errors.total} errors, ${operations - hits} misses of ${operations}`);
  }
  return (operations * 1000) / measuredMs;
}

const percentile = (figures: readonly number[], share: number): number =>
  figures.toSorted((a, b) => a - b)[Math.round((figures.length - 1) * share)] ?? Number.NaN;

try {
  await run('redis-cli', ['-p', port, 'SET', 'key:__rand_int__', 'x'.repeat(VALUE_BYTES)]);
  for (const pipeline of pipelines) {
    await ours(pipeline);
    const pace = await theirs(pipeline, FIRST_REQUESTS);
    const requests = Math.round((pace * TURN_MS) / 1000);
    const pairs: { readonly ours: number; readonly theirs: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const first = pair % 2 === 0 ? await ours(pipeline) : 0;
      const rate = await theirs(pipeline, requests);
      pairs.push({ ours: pair % 2 === 0 ? first : await ours(pipeline), theirs: rate });
    }
    const ratios = pairs.map((pair) => pair.ours / pair.theirs);
    const thousands = (of: 'ours' | 'theirs'): string =>
      (median(pairs.map((pair) => pair[of])) / 1000).toFixed(0);
    print(
      `pipeline ${String(pipeline).padStart(3)}: raw ${thousands('ours')} k/s, redis-benchmark ${thousands('theirs')} k/s, ` +
        `ratio ${median(ratios).toFixed(2)} (quartiles ${percentile(ratios, 0.25).toFixed(2)} to ` +
        `${percentile(ratios, 0.75).toFixed(2)}, ${PAIRS} pairs), aim ${TARGETS[pipeline]?.toFixed(2) ?? 'none'}`,
    );
  }
} finally {
  await cache.close();
  await server.stop();
}
