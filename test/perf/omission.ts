/*
 * Honesty under a stall: 2,000 operations a second for 10 s, the server stopped (SIGSTOP) for 1 s in the middle.
 * Operations due during the stall wait for its rest; so 10 % of all are spread evenly over 0 to 1 s, and the
 * 99th percentile of all is at 0.9 of the stall: stall - 1 % of the run.
 * Run: npm run bench:omission
 */
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { measured, print, reads } from './scenario.ts';

const RATE = 2000;
const RUN_MS = 10_000;
const STALL_MS = 1000;
const ROUNDS = 3;

const scenario = reads({ durationMs: RUN_MS, rate: RATE });
for (let round = 0; round < ROUNDS; round++) {
  const server = await startRedis(process.env, { listen: await freePort() });
  try {
    let stalledMs = 0;
    let planned = false;
    const variant = await measured(
      {
        ...scenario,
        load: { model: 'open', rate: RATE, arrival: 'constant', connections: 50, maxInFlight: 100_000 },
      },
      {
        target: { redis: server.url },
        driver: 'ioredis',
        onProgress: (progress) => {
          if (progress.phase !== 'measure' || planned) return;
          planned = true;
          setTimeout(() => {
            const start = performance.now();
            process.kill(server.pid, 'SIGSTOP');
            setTimeout(() => {
              process.kill(server.pid, 'SIGCONT');
              stalledMs = performance.now() - start;
            }, STALL_MS);
          }, 3000);
        },
      },
    );
    const expected = stalledMs - 0.01 * RUN_MS;
    const p99 = variant.metrics['latency.p99'] ?? Number.NaN;
    print(
      `stall ${stalledMs.toFixed(0)} ms: p99 ${p99.toFixed(1)} ms, analytic ${expected.toFixed(1)} ms, off by ${((p99 / expected - 1) * 100).toFixed(2)} %; ${variant.metrics['operations']} operations, ${variant.metrics['errors']} errors`,
    );
  } finally {
    await server.stop();
  }
}
