import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { openMemcached } from '../../src/backends/memcached/open.ts';
import { openRedis } from '../../src/backends/redis/open.ts';
import type { Tier } from '../../src/backends/tier.ts';
import type { DriverName, OpenDriver, ServerTier } from '../../src/bench/drivers/driver.ts';
import { DRIVERS } from '../../src/bench/drivers/registry.ts';
import { runClosedLoop } from '../../src/bench/executors/closed-loop.ts';
import { runOpenLoop } from '../../src/bench/executors/open-loop.ts';
import { runRawLoop } from '../../src/bench/executors/raw-loop.ts';
import { Recording } from '../../src/bench/recording.ts';
import { parseScenario } from '../../src/config/scenario-file.ts';
import { createCache, openMemory } from '../../src/engine/index.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import type { Target } from '../../src/testbed/target.ts';
import { always } from '../../src/bench/schedule.ts';
import { createPacer } from '../../src/workload/arrivals.ts';
import { constantRate } from '../../src/workload/rates/constant.ts';
import { TtlMaker } from '../../src/workload/ttls.ts';
import { keyName } from '../../src/workload/key-names.ts';
import type { Operation } from '../../src/workload/operations.ts';
import { ValueMaker } from '../../src/workload/values.ts';

const CONNECTIONS = 3;
const scenario = parseScenario(
  `name: x\nkind: load\noperations: { get: 100%, batch: 4 }\nload: { connections: ${CONNECTIONS} }\nkeyspace: { keys: 64 }\n`,
  'x.yaml',
);
const values = new ValueMaker({ distribution: 'uniform', minBytes: 20, maxBytes: 200_000 }, seededRandom(3));

let servers: PrivateServer[] = [];
let target: Target = {};
beforeAll(async () => {
  const redis = await startRedis(process.env, { listen: await freePort() });
  const memcached = await startMemcached(process.env, { listen: await freePort() });
  servers = [redis, memcached];
  target = { redis: redis.url, memcached: memcached.url };
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

interface Bed {
  /** Carries out operations on keys, in turn or as many at once as there are, and gives how each kind ended. */
  run(steps: readonly (readonly [Operation, number])[], pipeline?: number): Promise<readonly string[]>;
  /** The tier behind, for looking at what is there and for planting. */
  readonly tier: Pick<Tier, 'get' | 'set'>;
  readonly loads: () => number;
  close(): Promise<void>;
}

const ttls = new TtlMaker({ distribution: 'none' }, seededRandom(1));

let namespaces = 0;

async function bed(name: DriverName, server: ServerTier, elsewhere?: Target): Promise<Bed> {
  const backend =
    server === 'redis'
      ? await openRedis({ url: target.redis ?? '' })
      : await openMemcached({ servers: target.memcached ?? '' });
  const namespace = `drivers-${namespaces++}`;
  const cache = createCache({ namespace, tiers: [{ tier: backend, ttl: 60_000 }] });
  let loads = 0;
  const opened: OpenDriver = await DRIVERS[name].open({
    scenario,
    tiers: [server],
    target: elsewhere ?? target,
    cache,
    values,
    loadOrigin: async () => ++loads,
    ttls,
    batchOf: (key) => [key, key + 1, key + 2, key + 3],
    clock: systemClock,
  });
  const { driver } = opened;
  return {
    loads: () => loads,
    tier: {
      set: (key, value) => backend.tier.set(`${namespace}:${String(key)}`, value),
      get: (key) => backend.tier.get(`${namespace}:${String(key)}`, { withTtl: true }),
    },
    run: async (steps, pipeline = 1) => {
      const recording = new Recording(systemClock.nowMs(), 'closed');
      const stop = new AbortController();
      let begun = 0;
      const plan = {
        recording,
        nextOperation: () => {
          if (begun === steps.length - 1) stop.abort();
          return steps[begun]?.[0] ?? 'get';
        },
        nextKey: () => steps[begun++]?.[1] ?? 0,
        clock: systemClock,
        endMs: Infinity,
        signal: stop.signal,
      };
      const connections = always(pipeline === 1 ? 1 : CONNECTIONS);
      if ('begin' in driver) await runRawLoop(driver, plan, connections, pipeline);
      else await runClosedLoop({ ...plan, driver }, connections, pipeline);
      const { seconds, errors, byOperation } = recording.finish(systemClock.nowMs());
      const sum = (of: 'hits' | 'reads'): number => seconds.reduce((total, second) => total + second[of], 0);
      return [
        ...[...byOperation].map(([operation, { count }]) => `${count} ${operation}`),
        `${sum('hits')} of ${sum('reads')} hit`,
        ...errors.entries().map(({ message, count }) => `${count} failed: ${message}`),
      ];
    },
    close: async () => {
      await opened.close();
      await cache.close();
      await backend.close();
    },
  };
}

const PAIRS: readonly (readonly [DriverName, ServerTier])[] = [
  ['raw', 'redis'],
  ['raw', 'memcached'],
  ['ioredis', 'redis'],
  ['memjs', 'memcached'],
  ['engine', 'redis'],
  ['engine', 'memcached'],
];

describe.each(PAIRS)('%s on %s', (name, server) => {
  let it: Bed;
  beforeAll(async () => {
    it = await bed(name, server);
  });
  afterAll(() => it.close());

  test('a miss is loaded and stored once, and then it is a hit', async () => {
    expect(await it.run([['get', 1]])).toEqual(['1 get', '0 of 1 hit']);
    expect(await it.run([['getOrLoad', 1]])).toEqual(['1 getOrLoad', '0 of 1 hit']);
    expect(await it.run([['getOrLoad', 1]])).toEqual(['1 getOrLoad', '1 of 1 hit']);
    expect(it.loads()).toBe(1);
  });

  test('what is set is got, and gone when it was deleted', async () => {
    expect(
      await it.run([
        ['set', 2],
        ['get', 2],
        ['delete', 2],
        ['delete', 2],
        ['get', 2],
      ]),
    ).toEqual(['1 set', '2 get', '2 delete', '1 of 2 hit']);
  });

  test('a multi-get is a hit when all of its keys are there', async () => {
    expect(await it.run([10, 11, 12, 13].map((key) => ['set', key] as const))).toEqual([
      '4 set',
      '0 of 0 hit',
    ]);
    expect(await it.run([['multiGet', 10]])).toEqual(['1 multiGet', '1 of 1 hit']);
    expect(await it.run([['multiGet', 11]])).toEqual(['1 multiGet', '0 of 1 hit']);
    expect(await it.run([['multiGet', 9]])).toEqual(['1 multiGet', '0 of 1 hit']);
    expect(await it.run([['multiGet', 20]])).toEqual(['1 multiGet', '0 of 1 hit']);
  });

  test('a touch starts the time to live anew, and of nothing does nothing', async () => {
    expect(await it.run([['touch', 30]])).toEqual(['1 touch', '0 of 0 hit']);
    if (name === 'engine') {
      await it.run([['set', 30]]);
      expect(
        await it.run([
          ['touch', 30],
          ['get', 30],
        ]),
      ).toEqual(['1 touch', '1 get', '1 of 1 hit']);
      return;
    }
    await it.tier.set(keyName(30), values.make(30, 1));
    expect((await it.tier.get(keyName(30)))?.ttlMs).toBeUndefined();
    await it.run([['touch', 30]]);
    expect((await it.tier.get(keyName(30)))?.ttlMs).toBeGreaterThan(60_000);
  });

  test.skipIf(name === 'engine')('counters are raised beside the values', async () => {
    expect(
      await it.run([
        ['incr', 40],
        ['incr', 40],
        ['get', 40],
      ]),
    ).toEqual(['2 incr', '1 get', '0 of 1 hit']);
    const counter = await it.tier.get(`n:${keyName(40)}`);
    expect(
      Buffer.from(counter?.value ?? [])
        .toString()
        .trim(),
    ).toBe('2');
  });

  // The engine answers a read with a miss when its tier is slower than its deadline, as it may be on a busy machine.
  test.skipIf(name === 'engine')('many in flight: every answer goes to its question', async () => {
    const keys = Array.from({ length: 64 }, (_, i) => i);
    await it.run(
      keys.map((key) => ['set', key] as const),
      5,
    );
    const found = await it.run(
      Array.from({ length: 1000 }, (_, i) =>
        i % 7 === 0 ? (['multiGet', i % 60] as const) : (['get', (i * 37) % 64] as const),
      ),
      40,
    );
    expect(found.at(-1)).toMatch(/^(\d+) of \1 hit$/);
  });

  test.skipIf(name === 'engine')("another key's value, and one that is not whole, are errors", async () => {
    await it.tier.set(keyName(50), values.make(51, 1));
    const torn = Buffer.from(values.make(52, 1));
    torn[8]! ^= 1;
    await it.tier.set(keyName(52), torn);
    await it.tier.set(keyName(53), Buffer.from('short'));
    await it.run([['set', 51]]);
    const found = await it.run([
      ['get', 50],
      ['get', 52],
      ['getOrLoad', 53],
      ['multiGet', 50],
      ['get', 51],
    ]);
    expect(found).toEqual([
      '1 get',
      '1 of 1 hit',
      "2 failed: a value was read that is another key's",
      '2 failed: a value was read that is not whole',
    ]);
  });
});

test('raw looks at every byte of one value in sixteen', async () => {
  const it = await bed('raw', 'redis');
  const torn = Buffer.from(values.make(1, 1));
  torn[torn.length - 1]! ^= 1;
  await it.tier.set(keyName(1), torn);
  const found = await it.run(Array.from({ length: 160 }, () => ['get', 1] as const));
  expect(found).toEqual(['150 get', '150 of 150 hit', '10 failed: a value was read that is not whole']);
  await it.close();
});

test('raw in an open loop: what is due is sent, and each has an answer', async () => {
  const opened = await DRIVERS.raw.open({
    scenario,
    tiers: ['redis'],
    target,
    cache: createCache({ namespace: 'open', tiers: [{ tier: openMemory(), ttl: 1000 }] }),
    values,
    loadOrigin: async () => 1,
    ttls,
    batchOf: (key) => [key],
    clock: systemClock,
  });
  const startMs = systemClock.nowMs();
  const recording = new Recording(startMs, 'open');
  let key = 0;
  await runOpenLoop(
    {
      driver: opened.driver,
      recording,
      nextOperation: () => 'getOrLoad',
      nextKey: () => key++ % 64,
      clock: systemClock,
      endMs: startMs + 500,
      signal: new AbortController().signal,
    },
    {
      pacer: createPacer('constant', constantRate(1000), seededRandom(1)),
      connections: CONNECTIONS,
      maxInFlight: 1e4,
    },
  );
  await opened.close();
  const { operations, errors, slip } = recording.finish(startMs + 500);
  expect(errors.entries()).toEqual([]);
  // How many were due depends on when the loop began, after our look at the clock.
  expect(operations).toBe(key);
  expect(key).toBeGreaterThan(300);
  expect(slip?.count).toBe(operations);
});

describe('raw, when the server', () => {
  test('dies in mid-run: what is in flight fails, and so does what comes after', async () => {
    const doomed = await startRedis(process.env, { listen: await freePort() });
    const it = await bed('raw', 'redis', { redis: doomed.url });
    await it.run([['set', 1]]);
    await doomed.stop();
    const found = await it.run(
      Array.from({ length: 5 }, () => ['get', 1] as const),
      5,
    );
    expect(found[0]).toBe('0 of 0 hit');
    expect(found.slice(1).join()).toMatch(/cannot reach redis:/);
    await it.close();
  });

  test.each<readonly [ServerTier, string]>([
    ['redis', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['memcached', '-ERR unknown command\r\n'],
  ])('is no %s: told when it is opened', async (server, said) => {
    const other: Server = createServer((socket) => socket.end(said));
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const elsewhere = { redis: `redis://127.0.0.1:${port}`, memcached: `127.0.0.1:${port}` };
    await expect(bed('raw', server, elsewhere)).rejects.toMatchObject({ code: 'WRONG_PROTOCOL' });
    other.close();
  });

  test('is not there: told when it is opened', async () => {
    const port = await freePort();
    await expect(bed('raw', 'redis', { redis: `redis://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });

  test.each<readonly [ServerTier, Target, RegExp]>([
    ['redis', { redis: 'rediss://h:1' }, /raw driver speaks no TLS/],
    ['memcached', { memcached: 'a:1,b:1' }, /raw driver speaks to one Memcached server/],
    ['memcached', { memcached: 'memcached://u:p@a:1' }, /raw driver speaks to one Memcached server/],
  ])('is one that it cannot speak to (%s %j)', async (server, elsewhere, message) => {
    await expect(bed('raw', server, elsewhere)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(message),
    });
  });
});

test('memjs knows no unix sockets, and says so', async () => {
  await expect(bed('memjs', 'memcached', { memcached: 'unix:/tmp/none.sock' })).rejects.toMatchObject({
    code: 'BAD_USAGE',
  });
});
