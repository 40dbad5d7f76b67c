/*
 * How long after an invalidation was acknowledged another instance still has the key in memory (bounded level,
 * loopback). Both processes read the same monotonic clock.
 * Run: npm run bench:hearing
 */
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { Instances } from './instances.ts';

const ROUNDS = 1000;

const server = await startRedis(process.env, { listen: await freePort() });
try {
  const instances = await Instances.start(2, server.url);
  const [writer, reader] = instances.all;
  if (writer === undefined || reader === undefined) throw new Error('two instances were started');
  const lateMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const key = `key-${round}`;
    reader.order({ do: 'watch', key });
    await reader.next('watching');
    writer.order({ do: 'invalidate', key });
    const [dropped, acknowledged] = await Promise.all([reader.next('dropped'), writer.next('acknowledged')]);
    lateMs.push(Number(BigInt(dropped.atNs) - BigInt(acknowledged.atNs)) / 1e6);
  }
  await instances.stop();
  lateMs.sort((a, b) => a - b);
  const at = (share: number): string => (lateMs[Math.floor((ROUNDS - 1) * share)] ?? Number.NaN).toFixed(2);
  process.stdout.write(
    `another instance's memory is behind an acknowledged invalidation by: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${ROUNDS} rounds; negative: it heard before the caller did)\n`,
  );
} finally {
  await server.stop();
}
