import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/deadline.ts';
import { Fleet } from '../../src/bench/instances/fleet.ts';
import { mergeMeasured } from '../../src/bench/load-phase.ts';
import type { VariantRun } from '../../src/bench/plan.ts';
import { runScenario } from '../../src/bench/run.ts';
import { loadTask } from '../../src/bench/tasks/load.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import { Testbed } from '../../src/testbed/testbed.ts';
import { HOST } from '../support/host.ts';

const scenario = parseScenario(
  `
name: fleet
kind: load
instances: 3
warmup: 100ms
duration: 1s
keyspace: { keys: 200, distribution: uniform }
values: { size: 64B }
operations: { get_or_load: 100% }
load: { model: open, rate: 300/s, connections: 6 }
variants: [{ id: redis, tiers: [l1, redis] }]
`,
  'fleet.yaml',
);
const [variant] = scenario.variants;
const common = { scenario, target: {}, env: process.env, clock: systemClock };
let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.open({ ...common, signal: new AbortController().signal });
});
afterAll(() => testbed.close());

function runWith(signal: AbortSignal = new AbortController().signal): VariantRun {
  if (variant === undefined) throw new Error('the scenario has no variant');
  const planned = { ...variant, driver: 'engine' as const };
  const place = { variant: planned, index: 0, count: 1, bed: testbed };
  return { ...common, ...place, host: HOST, signal, onProgress: () => {} };
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('the load is shared out, and what the instances measured is one result', async () => {
  const seen: number[] = [];
  const result = await runScenario({
    ...common,
    host: HOST,
    driver: 'engine',
    signal: new AbortController().signal,
    onProgress: (progress) => {
      if ('throughput' in progress) seen.push(progress.throughput);
    },
    onStep: async () => {},
  });
  const [measured] = result.variants;
  expect(result).toMatchObject({ outcome: 'complete', scenario: { variants: ['redis'] } });
  expect(measured?.metrics['offered_rate']).toBeCloseTo(300, 6);
  expect(measured?.metrics['operations']).toBeGreaterThan(200);
  expect(measured?.metrics['operations']).toBeLessThan(400);
  expect(measured?.metrics['hit_ratio']).toBeGreaterThan(0);
  // three L1s: each fills itself with what the others have loaded
  expect(measured?.metrics['redis.hits']).toBeGreaterThan(0);
  expect(measured?.metrics['origin.loads']).toBeLessThanOrEqual(200);
  expect(seen.length).toBeGreaterThan(0);
});

test('an instance that is killed is noticed and told; the others give what they measured', async () => {
  const fleet = await Fleet.open(runWith());
  try {
    const startAtMs = Date.now() + 50;
    const working = fleet.all(loadTask, () => ({ startAtMs }));
    await delay(systemClock, 300);
    process.kill(fleet.pids[1] ?? 0, 'SIGKILL');
    const measured = await working;
    expect(measured.length).toBe(2);
    expect(fleet.losses).toEqual([{ index: 1, message: 'instance 1 was ended by SIGKILL' }]);
    expect(mergeMeasured(measured).result.metrics['offered_rate']).toBeCloseTo(200, 6);
    await expect(fleet.one(1, loadTask, { startAtMs })).rejects.toMatchObject({ code: 'INSTANCE_LOST' });
  } finally {
    await fleet.close();
  }
  expect(fleet.pids.every(isGone)).toBe(true);
});

test('an instance that is replaced begins with an empty memory, in a process of its own', async () => {
  const fleet = await Fleet.open(runWith());
  const before = fleet.pids;
  await fleet.restart(2);
  expect(fleet.pids.slice(0, 2)).toEqual(before.slice(0, 2));
  expect(isGone(before[2] ?? 0)).toBe(true);
  expect(isGone(fleet.pids[2] ?? 0)).toBe(false);
  expect(fleet.losses).toEqual([]);
  await fleet.close();
  expect(fleet.pids.every(isGone)).toBe(true);
});

test('an abort ends the work early, and its results still come', async () => {
  const abort = new AbortController();
  const fleet = await Fleet.open(runWith(abort.signal));
  const working = fleet.all(loadTask, () => ({ startAtMs: Date.now() }));
  await delay(systemClock, 400);
  abort.abort();
  const { outcome, result } = mergeMeasured(await working);
  expect(outcome).toBe('interrupted');
  expect(result.measuredMs).toBeLessThan(1500);
  await fleet.close();
});

test('instances that cannot connect end, and the error says why', async () => {
  const target = { ...testbed.target, redis: 'redis://127.0.0.1:1' };
  const bed = {
    origin: testbed.origin,
    names: testbed.names,
    target,
    lostServer: undefined,
    openSystem: testbed.openSystem.bind(testbed),
  };
  await expect(Fleet.open({ ...runWith(), bed })).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: expect.stringMatching(/^instance \d: .*127\.0\.0\.1:1/),
  });
});
