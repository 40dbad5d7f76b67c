/*
 * What the generator costs: throughput of the whole tool (keys, recording, checks of every value) with its bare
 * driver, against a loop that does nothing but call the same client. Closed loop, pipeline 1, 50 connections.
 * Run: npm run bench:generator
 */
import { openRedisPool } from '../../src/backends/redis/pool.ts';
import { BARE_DEADLINE_MS } from '../../src/bench/drivers/driver.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { keyName } from '../../src/workload/key-names.ts';
import { measured, median, print, reads } from './scenario.ts';

const CONNECTIONS = 50;
const TURN_MS = 2000;
const PAIRS = 11;

const server = await startRedis(process.env, { listen: await freePort() });
try {
  const target = { redis: server.url };
  const scenario = reads({ durationMs: TURN_MS, connections: CONNECTIONS });
  const tool = async (driver: 'ioredis' | 'engine'): Promise<number> =>
    (await measured(scenario, { target, driver })).metrics['throughput'] ?? 0;

  // The same client: with the deadline that the tool gives it.
  const pool = await openRedisPool({
    url: server.url,
    connections: CONNECTIONS,
    deadlineMs: BARE_DEADLINE_MS,
  });
  // As long as the tool's own keys: their bytes are sent and hashed, too.
  const names = Array.from({ length: 1000 }, (_, i) => `bare-loop-0000000:${keyName(i)}`);
  await Promise.all(names.map((name) => pool.set(0, name, new Uint8Array(128))));
  const bare = async (): Promise<number> => {
    const start = performance.now();
    let calls = 0;
    const connection = async (slot: number): Promise<void> => {
      while (performance.now() - start < TURN_MS) {
        await pool.get(slot, names[calls++ % names.length] ?? '');
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, slot) => connection(slot)));
    return (calls * 1000) / (performance.now() - start);
  };

  const ratios: Record<'ioredis' | 'engine', number[]> = { ioredis: [], engine: [] };
  await bare();
  await tool('ioredis');
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const driver of ['ioredis', 'engine'] as const) {
      const before = await bare();
      const whole = await tool(driver);
      const after = await bare();
      ratios[driver].push(whole / ((before + after) / 2));
    }
  }
  await pool.close();
  for (const [driver, found] of Object.entries(ratios)) {
    const sorted = found.toSorted((a, b) => a - b);
    const range = `${sorted[0]?.toFixed(3)} to ${sorted.at(-1)?.toFixed(3)}`;
    const note = driver === 'engine' ? ' (one multiplexed socket, joined writes)' : '';
    print(
      `whole tool, driver ${driver}, against a bare loop: ${median(found).toFixed(3)} (${range}, ${PAIRS} pairs)${note}`,
    );
  }
} finally {
  await server.stop();
}
