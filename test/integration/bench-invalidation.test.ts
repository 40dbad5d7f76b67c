import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { runScenario } from '../../src/bench/run.ts';
import { loadScenario, parseScenario } from '../../src/config/scenario-file.ts';
import type { Scenario } from '../../src/config/scenario.ts';
import type { RunResult, VariantResult } from '../../src/results/run-result.ts';
import { HOST } from '../support/host.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'scenarios');

const run = (scenario: Scenario): Promise<RunResult> =>
  runScenario({
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

const metric = ({ metrics }: VariantResult, name: string): number => metrics[name] ?? Number.NaN;

test('entries that nobody invalidates are seen to be stale; told strictly, none is', async () => {
  // longer than the smoke itself: on a busy machine few changes fall into a second
  const scenario = await loadScenario('smoke/invalidation', { shippedDir: FOLDER, cwd: FOLDER });
  const result = await run({ ...scenario, durationMs: 3000 });
  const [ttl, strict] = result.variants;
  if (ttl === undefined || strict === undefined) throw new Error('a variant was not measured');
  for (const variant of [ttl, strict]) {
    expect(metric(variant, 'changes')).toBeGreaterThan(0);
    expect(metric(variant, 'reads.judged')).toBe(metric(variant, 'operations'));
    expect(metric(variant, 'origin.loads')).toBeGreaterThan(0);
    expect(metric(variant, 'visible_everywhere.max')).toBeGreaterThan(0);
    // histograms know a maximum to 0.1 %
    const sinceBegun = metric(variant, 'visible_since_begun.max');
    expect(sinceBegun).toBeGreaterThanOrEqual(metric(variant, 'visible.max') * 0.99);
  }
  expect(metric(ttl, 'stale.reads')).toBeGreaterThan(0);
  expect(metric(ttl, 'stale.ratio')).toBeCloseTo(metric(ttl, 'stale.reads') / metric(ttl, 'reads.judged'), 9);
  expect(metric(ttl, 'stale.beyond_bound')).toBeGreaterThan(0);
  expect(metric(ttl, 'stale.max_age')).toBeGreaterThan(metric(ttl, 'stale.bound'));
  expect(strict.metrics).toMatchObject({ 'stale.reads': 0, 'stale.resurrected': 0, 'stale.max_age': 0 });
});

test('other keys are purged from the same servers meanwhile', async () => {
  const scenario = parseScenario(
    `
name: purge
kind: invalidation
instances: 2
warmup: 50ms
duration: 400ms
invalidation: { reads: 500/s, writes: 30/s, ttl: 200ms, purge: 2500 }
keyspace: { keys: 4, distribution: uniform }
variants: [{ id: tag, tiers: [l1, redis, memcached], engine: { invalidate_by: tag } }]
`,
    'purge.yaml',
  );
  const { variants, outcome } = await run(scenario);
  expect(outcome).toBe('complete');
  expect(variants[0]?.metrics).toMatchObject({ 'purge.deleted': 2500, 'stale.beyond_bound': 0 });
});

test.each([
  ['reads', 'invalidation: { reads: 100k/s }', 'key'],
  ['changes', 'invalidation: { writes: 100k/s }', 'key'],
  ['dependencies', 'keyspace: { keys: 2000000 }', 'cascade'],
])('more %s than can be kept are refused', async (_what, section, way) => {
  const length = way === 'cascade' ? '1s' : '1h';
  const scenario = parseScenario(
    `
name: endless
kind: invalidation
instances: 2
duration: ${length}
${section}
variants: [{ id: l1, tiers: [l1, redis], engine: { invalidate_by: ${way} } }]
`,
    'endless.yaml',
  );
  await expect(run(scenario)).rejects.toMatchObject({
    code: 'BAD_SCENARIO',
    message: expect.stringMatching(
      /^endless.yaml: l1 would keep .* GiB of reads, changes and dependencies, at most 1.00 GiB/,
    ),
  });
});
