/**
 * Compares our meta-protocol client with memjs on a private server: `npx tsx test/perf/memcached-client.ts`.
 * The two take turns, so that drift of the machine hits both; the ratio of each turn is what counts.
 */
import process from 'node:process';
import { openMemcached } from '../../src/backends/memcached/open.ts';
import type { Tier } from '../../src/backends/tier.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { freePort } from '../../src/testbed/servers/server.ts';

const TURNS = 9;
const TURN_MS = 250;
const KEYS = Array.from({ length: 1000 }, (_, i) => `user:${i}:profile`);
const VALUE = new Uint8Array(128).fill(0x61);

/** Hits per second with `inFlight` callers, each of which asks again when it is answered. Only right values count. */
async function hitsPerSecond(tier: Tier, inFlight: number): Promise<number> {
  const start = performance.now();
  let asked = 0;
  let hits = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - start < TURN_MS) {
      const hit = await tier.get(KEYS[asked++ % KEYS.length] ?? '');
      if (hit?.value.byteLength === VALUE.byteLength) hits++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  if (hits !== asked) throw new Error(`${asked - hits} of ${asked} gets were no hit`);
  return (hits * 1000) / (performance.now() - start);
}

const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

const server = await startMemcached(process.env, { listen: await freePort() });
try {
  const ours = await openMemcached({ servers: server.url });
  const memjs = await openMemcached({ servers: server.url, driver: 'memjs' });
  await ours.tier.setMany(KEYS.map((key) => ({ key, value: VALUE })));
  for (const inFlight of [1, 50, 800]) {
    const rates: { ours: number; memjs: number }[] = [];
    for (let turn = 0; turn <= TURNS; turn++) {
      const rate = {
        ours: await hitsPerSecond(ours.tier, inFlight),
        memjs: await hitsPerSecond(memjs.tier, inFlight),
      };
      if (turn > 0) rates.push(rate);
    }
    const ratios = rates.map((rate) => rate.ours / rate.memjs);
    const thousands = (of: 'ours' | 'memjs'): string =>
      (median(rates.map((rate) => rate[of])) / 1000).toFixed(0);
    process.stdout.write(
      `${String(inFlight).padStart(4)} in flight: ours ${thousands('ours')} k/s, memjs ${thousands('memjs')} k/s, ` +
        `ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})\n`,
    );
  }
  await ours.close();
  await memjs.close();
} finally {
  await server.stop();
}
