import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { runScenario } from '../../src/bench/run.ts';
import { loadScenario, parseScenario } from '../../src/config/scenario-file.ts';
import type { Scenario } from '../../src/config/scenario.ts';
import { evictionVerdict } from '../../src/report/verdicts/eviction.ts';
import type { RunResult } from '../../src/results/run-result.ts';
import { HOST } from '../support/host.ts';
import { ReferenceFifo, ReferenceLru } from '../support/reference-caches.ts';
import { readTrace } from '../support/traces.ts';

function run(scenario: Scenario): Promise<RunResult> {
  return runScenario({
    scenario,
    target: {},
    driver: 'engine',
    host: HOST,
    env: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    onStep: async () => {},
  });
}

test('on a trace the hits of LRU and FIFO are those of a reference, request for request', async () => {
  const requests = readTrace('gli');
  const keys = new Set(requests).size;
  const trace = join(import.meta.dirname, '..', 'data', 'traces', 'gli.gz');
  const scenario = parseScenario(
    `
name: curve
kind: eviction
warmup: 0ms
duration: 2m
eviction: { sizes: [10%, 40%], policies: [lru, fifo] }
trace: { file: ${trace}, format: keys, max_malformed: 5 }
load: { connections: 1 }
values: { size: 32B }
origin: { rows_per_key: 1 }
tiers: { l1: { ttl: 1h } }
`,
    'curve.yaml',
  );
  const { variants, outcome } = await run(scenario);
  expect(outcome).toBe('complete');
  const seen = variants.map(({ id, metrics }) => [id, metrics['l1.hits'], metrics['operations']]);
  const expected = [ReferenceLru, ReferenceFifo].flatMap((Reference, policy) =>
    [0.1, 0.4].map((room) => {
      const cache = new Reference({ maxEntries: Math.round(room * keys), maxBytes: Infinity });
      const hits = requests.filter((key) => cache.request(String(key), 1)).length;
      return [`${['lru', 'fifo'][policy]}-${room * 100}`, hits, requests.length];
    }),
  );
  expect(seen).toEqual(expected);
  const lru = variants[1]?.metrics ?? {};
  expect(lru['steady.hit_ratio']).toBeCloseTo((lru['l1.hits'] ?? 0) / requests.length, 2);
  expect(lru['cache.room']).toBe(0.4);
}, 120_000);

test('more room hits more, evicts less and takes more memory; hot keys that move cost hits', async () => {
  const folder = join(import.meta.dirname, '..', '..', 'scenarios');
  const scenario = await loadScenario('smoke/eviction', { shippedDir: folder, cwd: folder });
  const result = await run({ ...scenario, durationMs: 60_000 });
  const metrics = result.variants.map((variant) => variant.metrics);
  const [small, , large] = metrics;
  if (small === undefined || large === undefined) throw new Error('a variant is missing');
  expect(small['steady.hit_ratio']).toBeLessThan(large['steady.hit_ratio'] ?? 0);
  expect(small['memory.l1.bytes']).toBeLessThan(large['memory.l1.bytes'] ?? 0);
  expect(small['l1.evictions']).toBeGreaterThan(0);
  for (const one of metrics) expect(one['shift.hit_ratio']).toBeLessThan(one['steady.hit_ratio'] ?? 0);
  expect(evictionVerdict(result)[0]).toMatch(/^W-TinyLFU hit .* with room for .* of the keys/);
}, 60_000);

test('each size of a server is a private one of that size, which begins empty', async () => {
  const scenario = parseScenario(
    `
name: servers
kind: eviction
warmup: 0ms
duration: 1m
eviction: { tier: redis, memory: [16MiB, 8MiB], requests: 8000, hot_shift: off }
keyspace: { keys: 3000, distribution: uniform }
values: { size: 4KiB }
operations: { get_or_load: 100% }
origin: { rows_per_key: 1 }
load: { connections: 8 }
`,
    'servers.yaml',
  );
  const { variants, warnings } = await run(scenario);
  const [large, small] = variants.map(({ metrics }) => metrics);
  if (large === undefined || small === undefined) throw new Error('a variant is missing');
  // 3,000 values of 4 KiB are 12 MiB.
  expect(large['redis.evictions']).toBe(0);
  expect(small['redis.evictions']).toBeGreaterThan(100);
  expect(small['memory.redis.bytes']).toBeLessThan(8 * 2 ** 20);
  expect(large['memory.redis.bytes']).toBeGreaterThan(8 * 2 ** 20);
  expect(small['steady.hit_ratio']).toBeLessThan(large['steady.hit_ratio'] ?? 0);
  // What the large one has kept is not there for the small one.
  expect(small['origin.loads']).toBeGreaterThanOrEqual(2500);
  expect(small['cache.memory']).toBe(8 * 2 ** 20);
  expect(warnings.filter(({ code }) => code === 'evictions' || code === 'course_not_ended')).toEqual([]);
}, 120_000);

test('sizes that had not as many requests are not comparable, and that is told', async () => {
  const scenario = parseScenario(
    `
name: short
kind: eviction
warmup: 0ms
duration: 200ms
eviction: { sizes: [10%], policies: [lru], requests: 1000000000 }
keyspace: { keys: 100 }
values: { size: 64B }
`,
    'short.yaml',
  );
  const { warnings } = await run(scenario);
  expect(warnings).toContainEqual({
    code: 'course_not_ended',
    variant: 'lru-10',
    message: expect.stringMatching(/^only .* of 1.* requests were made in 200 ms/),
  });
}, 60_000);
