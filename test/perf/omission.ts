/*
 * Honesty under a stall: 2,000 operations a second for 10 s, the server stopped (SIGSTOP) for 1 s in the middle, on 1
 * to 500 connections. Operations due during the stall wait for its rest; so a tenth of all are spread evenly over 0 to
 * 1 s, and what a percentile must be is known: with q % of the operations above it, the stall less q % of the run.
 * Exit code 1 when one is off by more than 2 %.
 * Run: npm run bench:omission [-- rounds]
 */
import { LatencyRecorder } from '../../src/metrics/latency.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { measured, print, reads } from './scenario.ts';

const RATE = 2000;
const RUN_MS = 10_000;
const STALL_MS = 1000;
const ROUNDS = Number(process.argv[2] ?? 1);
const CONNECTIONS = [1, 10, 50, 200, 500];
const PERCENTILES = [92, 95, 98, 99, 99.5, 99.9];
const MAX_OFF = 0.02;

/** Gives how far the worst percentile is off, as a share. */
async function round(connections: number): Promise<number> {
  const server = await startRedis(process.env, { listen: await freePort() });
  try {
    let stalledMs = 0;
    let isPlanned = false;
    const { histograms, metrics } = await measured(
      {
        ...reads({ durationMs: RUN_MS, rate: RATE, connections }),
        load: {
          model: 'open',
          shape: { form: 'constant' },
          rate: RATE,
          arrival: 'constant',
          connections,
          maxInFlight: 100_000,
        },
      },
      {
        target: { redis: server.url },
        driver: 'ioredis',
        onProgress: (progress) => {
          if (progress.phase !== 'measure' || isPlanned) return;
          isPlanned = true;
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
    const latency = LatencyRecorder.decode(histograms['latency'] ?? '');
    const off = PERCENTILES.map((percent) => {
      const analytic = stalledMs - ((100 - percent) / 100) * RUN_MS;
      return (latency.percentile(percent) ?? Number.NaN) / analytic - 1;
    });
    latency.close();
    print(
      `${String(connections).padStart(3)} connections, stall ${stalledMs.toFixed(0)} ms, ${metrics['operations']} operations, ${metrics['errors']} errors: ` +
        PERCENTILES.map((percent, i) => `p${percent} ${(100 * (off[i] ?? 0)).toFixed(2)} %`).join(', '),
    );
    return Math.max(...off.map(Math.abs));
  } finally {
    await server.stop();
  }
}

print('how far each percentile is off the analytic value:');
let worst = 0;
for (let i = 0; i < ROUNDS; i++) {
  for (const connections of CONNECTIONS) worst = Math.max(worst, await round(connections));
}
print(`the worst is off by ${(100 * worst).toFixed(2)} %, at most ${100 * MAX_OFF} % may be`);
process.exitCode = worst <= MAX_OFF ? 0 : 1;
