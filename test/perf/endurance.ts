/*
 * A million mixed operations, one in ten of which fails, with loaders that fail and time out: what is left in flight
 * afterwards, and whether the heap grows.
 * Run: npm run bench:endurance [-- operations]
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '../../src/base/random.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import { createCache, openMemory } from '../../src/engine/index.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';

const OPERATIONS = Number(process.argv[2] ?? 1_000_000);
const AT_ONCE = 100;
const KEYS = 2000;
const SAMPLES = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const server = await startRedis(process.env, { listen: await freePort() });
const cache = createCache({
  namespace: 'long',
  tiers: [
    { tier: openMemory({ maxEntries: 500 }), ttl: '1s' },
    { tier: await openRedis({ url: server.url }), ttl: '5s' },
  ],
  defaults: { failureBackoff: '5ms', hardTimeout: '50ms', staleWhileRevalidate: '1s' },
});
const random = seededRandom(3);
let failed = 0;

/** A change of the data: nobody but its own caller waits for it, so it may fail, but it ends. */
async function save(): Promise<number> {
  if (random.next() < 0.1) throw new Error('constraint');
  return 1;
}

async function load(): Promise<number> {
  const draw = random.next();
  if (draw < 0.1) throw new Error('origin down');
  if (draw < 0.101) await new Promise(() => {}); // never settles
  if (draw < 0.3) await new Promise((resolve) => setImmediate(resolve));
  return 1;
}

async function operate(): Promise<void> {
  const key = `k${Math.floor(random.next() * KEYS)}`;
  const draw = random.next();
  if (draw < 0.6)
    await cache.getOrLoad(key, load, { ttl: 200, tags: [`t${Math.floor(random.next() * 10)}`] });
  else if (draw < 0.7) await cache.get(key);
  else if (draw < 0.8) await cache.set(key, 2, { ttl: 200 });
  else if (draw < 0.85) await cache.delete(key);
  else if (draw < 0.9)
    await cache.getOrLoadMany([key, `${key}b`, `${key}c`], (keys) => Promise.all(keys.map(load)));
  else if (draw < 0.95) await cache.write(key, 3, save);
  else if (draw < 0.999) await cache.change([key], save);
  else await cache.invalidate({ tags: [`t${Math.floor(random.next() * 10)}`] });
}

/** Least-squares slope, in bytes for a million operations. */
function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return (over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)) * 1e6;
}

try {
  const heap: (readonly [number, number])[] = [];
  let done = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const until = Math.round((OPERATIONS * (sample + 1)) / SAMPLES);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (done < until) {
          done++;
          await operate().catch(() => {
            failed++;
          });
        }
      }),
    );
    collect();
    if (sample > 1) heap.push([done, process.memoryUsage().heapUsed]);
  }
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const left = Object.entries(cache.underWay()).filter(([, count]) => count > 0);
  const kept = await countLeases();
  const [low, high] = [Math.min(...heap.map(([, y]) => y)), Math.max(...heap.map(([, y]) => y))];
  print(`${done} operations, ${failed} failed (${((100 * failed) / done).toFixed(1)} %)`);
  print(
    `left under way: ${left.length === 0 ? 'nothing' : left.map(([name, count]) => `${name} ${count}`).join(', ')}`,
  );
  print(`leases left on the server: ${kept}`);
  print(
    `heap after collection: ${(low / 2 ** 20).toFixed(1)} to ${(high / 2 ** 20).toFixed(1)} MiB, slope ${(slope(heap) / 1024).toFixed(0)} KiB a million operations`,
  );
  await cache.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  print(`timers after close: ${timers}`);
  if (left.length > 0 || kept > 0 || timers > 0) process.exitCode = 1;
} finally {
  await server.stop();
}

async function countLeases(): Promise<number> {
  const { Redis } = await import('ioredis');
  const client = new Redis(server.url);
  const names = await client.keys('*~lease');
  const held = await Promise.all(names.map((name) => client.get(name)));
  client.disconnect();
  return held.filter((text) => text !== null).length;
}
