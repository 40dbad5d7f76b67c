import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { delay, settleWithin } from '../../src/base/deadline.ts';
import { runScenario, type RunOptions } from '../../src/bench/run.ts';
import { DEFAULT_ENGINE } from '../../src/config/engine-schema.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import type { FaultKind, Scenario, Variant } from '../../src/config/scenario.ts';
import { runResult } from '../../src/results/schema.ts';
import type { VariantResult } from '../../src/results/run-result.ts';
import type { System } from '../../src/testbed/system.ts';
import { connectTier } from '../../src/testbed/connect.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { Testbed } from '../../src/testbed/testbed.ts';
import { HOST } from '../support/host.ts';

const SCENARIOS = join(import.meta.dirname, '..', '..', 'scenarios');
const smoke = parseScenario(
  readFileSync(join(SCENARIOS, 'smoke/failover.yaml'), 'utf8'),
  'smoke/failover.yaml',
);

// private servers and several processes: what takes 2 s on a machine of its own
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

function optionsFor(scenario: Scenario): RunOptions {
  return {
    scenario,
    target: {},
    driver: 'engine',
    host: HOST,
    env: process.env,
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
    onStep: async () => {},
  };
}

describe('the smoke form', () => {
  test('ends as planned although its server was killed, and tells each envelope', async () => {
    const result = await runScenario(optionsFor(smoke));
    expect(result.outcome).toBe('complete');
    expect(result.warnings.map(({ code }) => code)).not.toContain('server_lost');
    expect(result.variants.map(({ id }) => id)).toEqual(['kill', 'partition']);
    for (const variant of result.variants) expectEnvelope(variant);
    // what was killed came back, and the next variant was served by it
    expect(result.variants[1]?.metrics['redis.hits']).toBeGreaterThan(0);
    expect(runResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(JSON.parse(JSON.stringify(result)));
  });
});

function expectEnvelope({ id, metrics, events = [] }: VariantResult): void {
  const [begin, end] = events;
  expect([begin?.what, end?.what]).toEqual([`redis: ${id} begins`, `redis: ${id} ends`]);
  expect(begin?.at).toBeGreaterThanOrEqual(0.19);
  expect((end?.at ?? 0) - (begin?.at ?? 0)).toBeGreaterThanOrEqual(0.19);
  expect(metrics['before.latency.p99']).toBeGreaterThan(0);
  expect(metrics['fault.latency.max']).toBeGreaterThanOrEqual(metrics['fault.latency.p99'] ?? Infinity);
  expect(metrics['fault.errors']).toBeLessThanOrEqual(metrics['errors'] ?? -1);
  expect(metrics['fault.origin.loads']).toBeLessThanOrEqual(metrics['origin.loads'] ?? -1);
}

test('a run that is stopped in the middle of a fault ends it, and tells what it has', async () => {
  const scenario = parseScenario(
    `
name: stopped
kind: failover
instances: 1
warmup: 0ms
duration: 1h
failover: { after: 100ms, for: 50m }
load: { model: open, rate: 100/s }
keyspace: { keys: 50 }
variants: [{ id: stop, tiers: [redis], fault: { tier: redis, kind: stop } }]
`,
    'f.yaml',
  );
  const abort = new AbortController();
  const running = runScenario({
    ...optionsFor(scenario),
    signal: abort.signal,
    onProgress: ({ phase }) => {
      if (phase === 'measure') void delay(systemClock, 500).then(() => abort.abort());
    },
  });
  const result = await settleWithin(running, 30_000, () => new Error('it went on'), systemClock);
  expect(result.outcome).toBe('interrupted');
  expect(result.variants[0]?.metrics).not.toHaveProperty('recovery.time');
});

describe('what the faults do to a tier', () => {
  const variant: Variant = { id: 'x', title: 'x', tiers: ['redis'], engine: DEFAULT_ENGINE };
  const scenario: Scenario = { ...smoke, variants: [variant] };
  const PACE = { delayMs: 300, jitterMs: 0, bandwidth: Infinity };
  const KEY = 'k';
  let testbed: Testbed;

  beforeAll(async () => {
    testbed = await Testbed.open({ ...optionsFor(scenario) });
  });
  afterAll(() => testbed.close());

  type Tier = Awaited<ReturnType<typeof connectTier>>['backend'];

  async function withTier(work: (tier: Tier['tier'], disturb: Disturb) => Promise<void>): Promise<void> {
    const server = await testbed.faults.openWay('redis');
    const target = { ...server.target, deadlineMs: 200 };
    const { backend } = await connectTier('redis', {
      scenario,
      target,
      names: testbed.names,
      clock: systemClock,
    });
    try {
      await work(backend.tier, { begin: (fault) => server.begin(fault, PACE), end: () => server.end() });
    } finally {
      await server.close();
      await backend.close();
    }
  }

  interface Disturb {
    readonly begin: (fault: FaultKind) => Promise<void>;
    readonly end: () => Promise<void>;
  }

  const answers = (tier: Tier['tier']): Promise<boolean> =>
    tier.get(KEY).then(
      () => true,
      () => false,
    );

  test.each(['stop', 'kill', 'slow', 'reset', 'partition', 'refuse'] as const)(
    '%s: it does not answer in time, and does so again when the fault is over',
    async (fault) => {
      await withTier(async (tier, { begin, end }) => {
        expect(await answers(tier)).toBe(true);
        await begin(fault);
        expect(await answers(tier)).toBe(false);
        await end();
        for (let i = 0; i < 100 && !(await answers(tier)); i++) await delay(systemClock, 50);
        expect(await answers(tier)).toBe(true);
      });
      expect(testbed.lostServer).toBeUndefined();
    },
  );

  test('a way that is closed in the middle of a fault ends that first', async () => {
    await withTier(async (_tier, { begin }) => begin('kill'));
    await withTier(async (_tier, { begin }) => begin('stop'));
    await withTier(async (tier) => expect(await answers(tier)).toBe(true));
  });
});

test('a given server is neither stopped nor killed', async () => {
  const port = await freePort();
  const redis = await startRedis(process.env, { listen: port });
  const target = { redis: redis.url };
  const testbed = await Testbed.open({ ...optionsFor(smoke), target });
  try {
    const server = await testbed.faults.openWay('redis');
    const pace = { delayMs: 0, jitterMs: 0, bandwidth: Infinity };
    for (const fault of ['stop', 'kill'] as const) {
      await expect(server.begin(fault, pace)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    }
    await server.close();
    const system: System = await testbed.openSystem(
      { id: 'x', title: 'x', tiers: ['redis'], engine: DEFAULT_ENGINE },
      () => {},
    );
    expect((await system.cache.tierStats())['redis']).toBeDefined();
    await system.close();
  } finally {
    await testbed.close();
    await redis.stop();
  }
});

test('a private server that ends by itself is still lost', async () => {
  const testbed = await Testbed.open(optionsFor(smoke));
  try {
    const server = await testbed.faults.openWay('redis');
    await server.begin('kill', { delayMs: 0, jitterMs: 0, bandwidth: Infinity });
    await server.close();
    expect(testbed.lostServer).toBeUndefined();
    await shutDown(testbed.target.redis?.replace('redis+unix://', '') ?? '');
    await expect.poll(() => testbed.lostServer, { timeout: 5000 }).toBe(testbed.target.redis);
  } finally {
    await testbed.close();
  }
});

async function shutDown(path: string): Promise<void> {
  const socket = connect(path);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.end('SHUTDOWN NOSAVE\r\n');
}
