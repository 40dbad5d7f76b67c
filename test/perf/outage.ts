/*
 * What callers notice while Redis is stopped (SIGSTOP) and after it goes on (SIGCONT), with the default options.
 * Run: npm run bench:outage
 */
import { createCache, openMemory } from '../../src/engine/index.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';

const LOAD_MS = 20;
const ROUNDS = 5;
const STOPPED_MS = 4000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** How long a load itself takes beyond what was asked of the timer. */
const load = async (): Promise<string> => {
  await pause(LOAD_MS);
  return 'value';
};

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.floor((values.length - 1) * share)] ?? Number.NaN;

const server = await startRedis(process.env, { listen: await freePort() });
const redis = await openRedis({ url: server.url });
const cache = createCache({
  namespace: 'outage',
  tiers: [
    { tier: openMemory(), ttl: '1m' },
    { tier: redis, ttl: '15m' },
  ],
});
const hits: number[] = [];
const misses: number[] = [];
const afterwards: number[] = [];
const loads: number[] = [];
const recoveries: number[] = [];
try {
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await cache.getOrLoad('hot', load);
    process.kill(server.pid, 'SIGSTOP');
    const start = performance.now();
    let isOpen = false;
    const stop = cache.signals.on('breaker', ({ state }) => {
      isOpen ||= state === 'open';
    });
    while (performance.now() - start < STOPPED_MS) {
      const wasOpen = isOpen; // the read that opens it has waited as those before it
      const tookMs = await timed(() => cache.getOrLoad(`cold-${next++}`, load));
      (wasOpen ? afterwards : misses).push(tookMs);
      loads.push(await timed(load));
      await cache.getOrLoad('hot', load);
      for (let i = 0; i < 100; i++) hits.push(await timed(() => cache.getOrLoad('hot', load)));
    }
    stop();
    process.kill(server.pid, 'SIGCONT');
    const continued = performance.now();
    for (;;) {
      const key = `again-${next++}`;
      await cache.getOrLoad(key, () => 'value');
      const { source } = await cache.resolve(key);
      const { sets } = cache.counts().tiers['redis'] ?? { sets: 0 };
      await cache.getOrLoad(`probe-${next}`, () => 'value');
      if ((cache.counts().tiers['redis']?.sets ?? 0) > sets && source !== undefined) break;
      await pause(5);
    }
    recoveries.push(performance.now() - continued);
    await pause(1500);
  }
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const base = quantile(loads, 0.5);
  print(`the load alone: p50 ${ms(base)}, p99 ${ms(quantile(loads, 0.99))} (${loads.length})`);
  print(
    `Redis stopped, hit in this process: p50 ${ms(quantile(hits, 0.5))}, p99 ${ms(quantile(hits, 0.99))} (${hits.length})`,
  );
  print(
    `Redis stopped, miss before the breaker opens: load + ${ms(quantile(misses, 0.5) - base)} p50, load + ${ms(quantile(misses, 1) - base)} max (${misses.length})`,
  );
  print(
    `Redis stopped, miss after the breaker opened: load + ${ms(quantile(afterwards, 0.5) - base)} p50, load + ${ms(quantile(afterwards, 0.99) - quantile(loads, 0.99))} p99 against p99 (${afterwards.length})`,
  );
  print(`Redis goes on: fills it again after ${recoveries.map(ms).join(', ')}`);
} finally {
  process.kill(server.pid, 'SIGCONT');
  await cache.close();
  await server.stop();
}
