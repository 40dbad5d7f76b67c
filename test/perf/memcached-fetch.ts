/**
 * What a fenced read costs over a plain `mg` of the same connection, hit by hit, in turn, on a private server:
 * `npx tsx test/perf/memcached-fetch.ts`.
 */
import process from 'node:process';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { parseServers } from '../../src/backends/memcached/address.ts';
import { Connection } from '../../src/backends/memcached/connection.ts';
import { Servers } from '../../src/backends/memcached/servers.ts';
import { MemcachedTier } from '../../src/backends/memcached/tier.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { callInTurn, interleavedRatio, shown } from './interleaved-ratio.ts';

/** Many short rounds rather than few long ones: what else the machine does then falls on both sides alike. */
const ROUNDS = [
  { inFlight: 1, calls: 400, pairs: 151 },
  { inFlight: 64, calls: 6400, pairs: 61 },
];
const KEY = 'user:42:profile';
const LEASE_MS = 3000;

const server = await startMemcached(process.env, { listen: await freePort() });
try {
  const [address] = parseServers(server.url).servers;
  if (address === undefined) throw new Error('the server has an address');
  const settings = { deadlineMs: 5000, connectTimeoutMs: 3000, clock: systemClock, random: systemRandom() };
  const connection = new Connection(address, settings);
  await connection.open();
  const tier = new MemcachedTier('memcached', new Servers([connection], [server.url]), 5000, systemClock);
  const { fenced } = tier;
  if (fenced === undefined) throw new Error('the server has compare-and-swap');
  await tier.set(KEY, new Uint8Array(128).fill(0x61), 600_000);

  const plain = (): Promise<unknown> => connection.request(`mg ${KEY} v\r\n`, undefined, connection.read.hit);
  const candidates: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['plain mg (noise)', plain],
    ['tier.get', () => tier.get(KEY)],
    ['tier.get with TTL', () => tier.get(KEY, { withTtl: true })],
    ['fenced.fetch', () => fenced.fetch(KEY, LEASE_MS)],
  ];
  for (const { inFlight, calls, pairs } of ROUNDS) {
    for (const [name, candidate] of candidates) {
      const ratio = await interleavedRatio(
        () => callInTurn(calls, inFlight, plain),
        () => callInTurn(calls, inFlight, candidate),
        pairs,
      );
      process.stdout.write(`${name}, ${inFlight} in flight: ${shown(ratio)} times as fast as plain mg\n`);
    }
  }
  await tier.close();
} finally {
  await server.stop();
}
