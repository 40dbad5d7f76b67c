import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { runScenario } from '../../src/bench/run.ts';
import { listScenarios } from '../../src/config/scenario-file.ts';
import type { LoadSpec, Scenario } from '../../src/config/scenario.ts';
import type { ClaimResult } from '../../src/gate/claims/claim.ts';
import { judgeClaims } from '../../src/gate/claims/judge.ts';
import { parseClaims } from '../../src/gate/claims/parse.ts';
import type { RunResult } from '../../src/results/run-result.ts';
import { HOST } from '../support/host.ts';

const FOLDER = fileURLToPath(new URL('../../scenarios', import.meta.url));
const DOCUMENTS = /^(adr-006|prd|rfc|t-sys-007|tux)\//;
const seeds = (await listScenarios(FOLDER)).filter(({ name }) => DOCUMENTS.test(name));

/** The same in a second for each variant, with a demand that a busy machine can take. */
function shortened(scenario: Scenario): Scenario {
  return {
    ...scenario,
    instances: Math.min(2, scenario.instances),
    warmupMs: Math.min(300, scenario.warmupMs),
    durationMs: 700,
    keyspace: { ...scenario.keyspace, keys: Math.min(50, scenario.keyspace.keys) },
    load: lightened(scenario.load),
    origin: { ...scenario.origin, delayMs: Math.min(10, scenario.origin.delayMs) },
  };
}

function lightened(load: LoadSpec): LoadSpec {
  if (load.model === 'open') return { ...load, rate: Math.min(400, load.rate) };
  return { ...load, connections: Math.min(20, load.connections), thinkMs: Math.min(20, load.thinkMs) };
}

async function run(scenario: Scenario): Promise<{ result: RunResult; claims: readonly ClaimResult[] }> {
  const result = await runScenario({
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
  return { result, claims: judgeClaims(parseClaims(scenario.claims), result) };
}

const metricsOf = (result: RunResult, id: string): Readonly<Record<string, number>> =>
  result.variants.find((variant) => variant.id === id)?.metrics ?? {};

describe.for(seeds)('$name', (seed) => {
  test('evaluates every claim on figures of its variants', { timeout: 60_000 }, async () => {
    const { result, claims } = await run(shortened(seed));
    expect(result.outcome).toBe('complete');
    expect(result.variants.map(({ id }) => id)).toEqual(seed.variants.map(({ id }) => id));
    for (const { metrics, errors } of result.variants)
      expect([metrics['errors'], errors]).toEqual([0, errors]);
    expect(claims).toHaveLength(seed.claims.length);
    // A second has too few samples for some percentiles; nothing else may be missing.
    const unmeasured = claims.filter(({ measured }) => measured === undefined);
    expect(unmeasured.filter(({ reason }) => !/too few for|is 0 in variant/.test(reason ?? ''))).toEqual([]);
  });
});

function seedOf(name: string): Scenario {
  const seed = seeds.find((each) => each.name === name);
  if (seed === undefined) throw new Error(`there is no scenario ${name}`);
  return shortened(seed);
}

test('a limit on two instances lets exactly as many pass as it says, whatever is asked for', async () => {
  const seed = seedOf('adr-006/rate-limits');
  const policies = seed.policies.map((policy) => ({ ...policy, limit: 7 }));
  const { result } = await run({ ...seed, policies, keyspace: { ...seed.keyspace, keys: 3 } });
  const metrics = metricsOf(result, 'redis');
  expect(metrics['limiter.allowed']).toBe(21);
  expect(metrics['limiter.refused']).toBe((metrics['operations'] ?? 0) - 21);
});

test('changes of the data make misses where the policy invalidates, and none where it writes through', async () => {
  const seed = seedOf('adr-006/inventory');
  const operations = { ...seed.operations, getOrLoad: 0.5, get: 0, set: 0.5, delete: 0 };
  const [through] = seed.policies;
  if (through === undefined) throw new Error('the scenario has a policy');
  const common = { ...seed, operations, warmupMs: 500, variants: seed.variants.slice(1) };
  const kept = await run({ ...common, policies: [{ ...through, ttlMs: { redis: 60_000 } }] });
  const dropped = await run({
    ...common,
    policies: [{ ...through, ttlMs: { redis: 60_000 }, strategy: 'cache-aside' }],
  });
  const ratio = ({ result }: { result: RunResult }): number => metricsOf(result, 'after')['hit_ratio'] ?? NaN;
  expect(ratio(kept)).toBeGreaterThan(ratio(dropped));
  expect(metricsOf(dropped.result, 'after')['origin.loads']).toBeGreaterThan(
    metricsOf(kept.result, 'after')['origin.loads'] ?? 0,
  );
});
