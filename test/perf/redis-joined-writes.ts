/*
 * What joining writes brings, and that it costs nothing: GET over one connection with it against one without,
 * in turn, on a private server. Then the tier against bare ioredis, and the load tool's pool against a bare loop.
 * Run: npx tsx test/perf/redis-joined-writes.ts
 */
import { Redis } from 'ioredis';
import { parseRedisUrl } from '../../src/backends/redis/address.ts';
import { RedisConnection } from '../../src/backends/redis/connection.ts';
import { openRedisPool } from '../../src/backends/redis/pool.ts';
import { RedisTier } from '../../src/backends/redis/tier.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { callInTurn, interleavedRatio, shown } from './interleaved-ratio.ts';

const VALUE = Buffer.alloc(128, 'v');
const PAIRS = 15;
const CALLS: Readonly<Record<number, number>> = { 1: 4000, 50: 20_000, 800: 40_000 };

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const server = await startRedis(process.env, { listen: await freePort() });
try {
  const address = parseRedisUrl(server.url);
  const [joined, separate] = await Promise.all(
    [true, false].map((joinWrites) => RedisConnection.open({ address, deadlineMs: 5000, joinWrites })),
  );
  if (joined === undefined || separate === undefined) throw new Error('two connections were opened');
  await joined.send('set', ['key', VALUE]);

  for (const inFlight of [1, 50, 800]) {
    const calls = CALLS[inFlight] ?? 0;
    const ratio = await interleavedRatio(
      () => callInTurn(calls, inFlight, () => separate.send('get', ['key'])),
      () => callInTurn(calls, inFlight, () => joined.send('get', ['key'])),
      PAIRS,
    );
    print(`joined writes, ${inFlight} in flight: ${shown(ratio)} times as fast as separate ones`);
  }

  const bare = new Redis(server.url);
  const tier = new RedisTier(joined, 'redis');
  for (const inFlight of [1, 50, 800]) {
    const calls = CALLS[inFlight] ?? 0;
    const ratio = await interleavedRatio(
      () => callInTurn(calls, inFlight, () => bare.getBuffer('key')),
      () => callInTurn(calls, inFlight, () => tier.get('key')),
      PAIRS,
    );
    print(`tier.get, ${inFlight} in flight: ${shown(ratio)} times as fast as bare ioredis`);
  }

  for (const connections of [1, 50]) {
    const pool = await openRedisPool({ url: server.url, connections });
    const clients = Array.from({ length: connections }, () => new Redis(server.url));
    const ratio = await interleavedRatio(
      async () => {
        await Promise.all(
          clients.map((client) => callInTurn(20_000 / connections, 1, () => client.getBuffer('key'))),
        );
      },
      async () => {
        await Promise.all(
          clients.map((_, slot) => callInTurn(20_000 / connections, 1, () => pool.get(slot, 'key'))),
        );
      },
      PAIRS,
    );
    print(`pool of ${connections}: ${shown(ratio)} times as fast as a bare loop on ioredis`);
    for (const client of clients) client.disconnect();
    await pool.close();
  }
  bare.disconnect();
  joined.close();
  separate.close();
} finally {
  await server.stop();
}
