/*
 * One instance of an application, as a process of its own: a cache over memory and the servers that its first argument
 * names. It plays at random until it is told otherwise, and ends with the process that started it.
 */
import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { openDatabase } from '../../../src/backends/database/open.ts';
import { openMemcached } from '../../../src/backends/memcached/open.ts';
import { openRedis } from '../../../src/backends/redis/open.ts';
import { createCache, openMemory, type TierSpec } from '../../../src/engine/index.ts';
import { OriginClient } from './origin-client.ts';
import { Player } from './player.ts';
import { NAMESPACE, type Order, type Part, type ServerUrls, type Told } from './protocol.ts';
import { Recorder } from './recorder.ts';

const part = JSON.parse(process.argv[2] ?? '{}') as Part;
const epochNs = BigInt(part.epochNs);
const nowMs = (): number => Number(process.hrtime.bigint() - epochNs) / 1e6;
const tell = (told: Told): void => {
  // who started us may be gone, or have hung up, before it is sent
  if (process.connected) process.send?.(told, undefined, undefined, () => {});
};
const clock = { ...systemClock, wallMs: () => Date.now() + part.skewMs };
const random = seededRandom(part.seed);

async function openShared({ redis, memcached, database }: ServerUrls): Promise<TierSpec[]> {
  const tiers: TierSpec[] = [];
  if (redis !== undefined) tiers.push({ tier: await openRedis({ url: redis, clock }), ttl: '1m' });
  if (memcached !== undefined) {
    tiers.push({ tier: await openMemcached({ servers: memcached, clock }), ttl: '1m' });
  }
  if (database !== undefined) {
    tiers.push({ tier: await openDatabase({ url: database, connections: 4, clock }), ttl: '2m' });
  }
  return tiers;
}

/** Servers may be down just now. */
async function openTiers(): Promise<TierSpec[]> {
  for (;;) {
    try {
      return await openShared(part.urls);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

process.on('disconnect', () => process.exit());
const cache = createCache({
  namespace: NAMESPACE,
  instance: part.name,
  tiers: [{ tier: openMemory({ clock }), ttl: part.memoryTtlMs }, ...(await openTiers())],
  coherence: { level: part.level, bound: part.boundMs },
  policies: {
    lasting: { key: '{group}:{number}', tags: ['{group}'] },
    sliding: { key: 'b:{number}', tags: ['b'], ttl: '3s', sliding: true },
    fleeting: { key: 'a:{number}', tags: ['a'], ttl: '3s' },
  },
  defaults: {
    failureBackoff: 200,
    earlyRefresh: 1,
    staleWhileRevalidate: '2s',
    staleIfError: '5s',
    jitter: 0.1,
  },
  clock,
});
const recorder = new Recorder(tell);
const origin = new OriginClient(tell);
const player = new Player({ cache, origin, recorder, random, serial: part.serial, nowMs });

/** So late a timer shows that the process stood still: what it serves at once, before it has heard anything, counts most. */
const STOOD_STILL_MS = 100;

let isPlaying = false;
function play(): void {
  if (isPlaying) player.act();
  const pauseMs = (2 * random.next() * 1000) / part.operationsPerSecond;
  const dueMs = nowMs() + pauseMs;
  setTimeout(() => {
    if (isPlaying && nowMs() > dueMs + STOOD_STILL_MS) player.peekAll();
    play();
  }, pauseMs);
}

async function leave(): Promise<void> {
  isPlaying = false;
  await cache.close();
  recorder.flush();
  tell({ tell: 'left' });
}

function spin(forMs: number): void {
  const endMs = nowMs() + forMs;
  while (nowMs() < endMs);
}

process.on('message', (order: Order) => {
  switch (order.do) {
    case 'answer':
      return origin.answered(order);
    case 'play':
      isPlaying = true;
      return;
    case 'pause':
      isPlaying = false;
      return recorder.tellOpen();
    case 'look':
      return player.lookAtAll();
    case 'read-all':
      return void player.readAll();
    case 'invalidate':
      return void player.repair(order.keys);
    case 'spin':
      return spin(order.forMs);
    case 'leave':
      return void leave();
  }
});

play();
tell({ tell: 'ready' });
