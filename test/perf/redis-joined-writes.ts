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
/** Many short rounds rather than few long ones: what else the machine does then falls on both sides alike. */
const ROUNDS = [
  { inFlight: 1, calls: 400, pairs: 151 },
  { inFlight: 50, calls: 5000, pairs: 41 },
  { inFlight: 800, calls: 16_000, pairs: 31 },
];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const server = await startRedis(process.env, { listen: await freePort() });
try {
  const address = parseRedisUrl(server.url);
  const [joined, separate] = await Promise.all(
    [true, false].map((joinWrites) => RedisConnection.open({ address, deadlineMs: 5000, joinWrites })),
  );
  if (joined === undefined || separate === undefined) throw new Error('two connections were opened');
  await joined.send('set', ['key', VALUE]);

  for (const { inFlight, calls, pairs } of ROUNDS) {
    const ratio = await interleavedRatio(
      () => callInTurn(calls, inFlight, () => separate.send('get', ['key'])),
      () => callInTurn(calls, inFlight, () => joined.send('get', ['key'])),
      pairs,
    );
    print(`joined writes, ${inFlight} in flight: ${shown(ratio)} times as fast as separate ones`);
  }

  const [serial] = ROUNDS;
  if (serial !== undefined) {
    const round = (): Promise<void> => callInTurn(serial.calls, 1, () => separate.send('get', ['key']));
    const noise = await interleavedRatio(round, round, serial.pairs);
    print(`noise (the same against itself), 1 in flight: ${shown(noise)}`);
  }

  const bare = new Redis(server.url);
  const tier = new RedisTier(joined, 'redis');
  for (const { inFlight, calls, pairs } of ROUNDS) {
    const ratio = await interleavedRatio(
      () => callInTurn(calls, inFlight, () => bare.getBuffer('key')),
      () => callInTurn(calls, inFlight, () => tier.get('key')),
      pairs,
    );
    print(`tier.get, ${inFlight} in flight: ${shown(ratio)} times as fast as bare ioredis`);
  }

  for (const { connections, calls, pairs } of [
    { connections: 1, calls: 400, pairs: 151 },
    { connections: 50, calls: 100, pairs: 61 },
  ]) {
    const pool = await openRedisPool({ url: server.url, connections });
    const clients = Array.from({ length: connections }, () => new Redis(server.url));
    const ratio = await interleavedRatio(
      async () => {
        await Promise.all(clients.map((client) => callInTurn(calls, 1, () => client.getBuffer('key'))));
      },
      async () => {
        await Promise.all(clients.map((_, slot) => callInTurn(calls, 1, () => pool.get(slot, 'key'))));
      },
      pairs,
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
