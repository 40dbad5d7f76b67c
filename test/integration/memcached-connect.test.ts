import { createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { openMemcached } from '../../src/backends/memcached/open.ts';
import { type ErrorCode, isCachectlError } from '../../src/base/errors.ts';
import { findServer } from '../../src/testbed/binaries.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { answers, freePort, untilReady } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { startOnSocket, startOnTcp, type TestServers } from '../contract/memcached-servers.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const withCode = (...codes: ErrorCode[]): unknown =>
  expect.toSatisfy((error) => isCachectlError(error, ...codes));

/** A memcached with options of its own. */
async function startWith(...options: string[]): Promise<{ server: Supervised; port: number }> {
  const port = await freePort();
  const user = process.env['USER'] ?? 'root';
  const server = await Supervised.start('memcached-special', {
    program: findServer('memcached', process.env).path,
    args: () => ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', user, ...options],
    stopSignal: 'KILL',
  });
  await untilReady('memcached', server, () => answers({ host: '127.0.0.1', port }, 'version\r\n', ''));
  return { server, port };
}

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function open(
  servers: string,
  options: { deadlineMs?: number; driver?: 'memjs' } = {},
): Promise<Backend> {
  const backend = await openMemcached({ servers, deadlineMs: 250, connectTimeoutMs: 600, ...options });
  cleanUp.push(() => backend.close());
  return backend;
}

/** A TCP server that does `onSocket`; its port. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => void server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.each([{ driver: undefined }, { driver: 'memjs' as const }])(
  'what does not answer as memcached ($driver)',
  ({ driver }) => {
    const openError = async (servers: string): Promise<{ code: string; message: string; ms: number }> => {
      const start = performance.now();
      const error: unknown = await open(servers, driver === undefined ? {} : { driver }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!isCachectlError(error)) throw new Error(`not the expected error: ${String(error)}`);
      return { code: error.code, message: error.message, ms: performance.now() - start };
    };

    test('nobody listens', async () => {
      const port = await freePort();
      const error = await openError(`127.0.0.1:${port}`);
      expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
      expect(error.message).toContain(`127.0.0.1:${port}`);
    });

    test('it takes connections and says nothing', async () => {
      const port = await listen((socket) => socket.resume());
      const error = await openError(`127.0.0.1:${port}`);
      expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
      expect(error.ms).toBeLessThan(1500);
    });

    test('it closes every connection', async () => {
      const port = await listen((socket) => socket.end());
      expect(await openError(`127.0.0.1:${port}`)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    });

    test('it is a Redis', async () => {
      const port = await freePort();
      const redis = await startRedis(process.env, { listen: port });
      cleanUp.push(() => redis.stop());
      expect((await openError(`127.0.0.1:${port}`)).code).toBe(
        // Redis answers nothing to the binary protocol.
        driver === undefined ? 'WRONG_PROTOCOL' : 'SERVER_UNREACHABLE',
      );
    });

    test('it speaks HTTP', async () => {
      const port = await listen((socket) =>
        socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      );
      expect(await openError(`127.0.0.1:${port}`)).toMatchObject({ code: 'WRONG_PROTOCOL' });
    });
  },
);

describe('servers that want a password', () => {
  test('-Y: the text protocol with a password', async () => {
    const { server, port } = await startScript('echo joe:secret > passwords; exec $MEMCACHED -Y passwords');
    cleanUp.push(() => server.stop());
    expect(await refusal(`127.0.0.1:${port}`)).toBe('AUTH_FAILED');
  });

  test('-S: SASL', async (context) => {
    const { server, port } = await startScript(`
      printf 'mech_list: plain\\nsasldb_path: %s/db\\n' "$PWD" > memcached.conf
      printf secret | saslpasswd2 -p -c -a memcached -u here -f "$PWD/db" joe || exit 1
      SASL_CONF_PATH=$PWD exec $MEMCACHED -S`);
    cleanUp.push(() => server.stop());
    const refused = await refusal(`127.0.0.1:${port}`);
    if (server.log.includes('saslpasswd2')) context.skip('saslpasswd2 (Debian: sasl2-bin) is not installed');
    if (server.log.includes('not built with SASL')) context.skip('this memcached was built without SASL');
    expect(refused).toBe('AUTH_FAILED');
    expect(await refusal(`memcached://joe%40here:wrong@127.0.0.1:${port}`)).toBe('AUTH_FAILED');
    const backend = await open(`memcached://joe%40here:secret@127.0.0.1:${port}`);
    expect(backend.address).not.toContain('secret');
    await backend.tier.set('k', bytes('v'), 60_000);
    expect(Buffer.from((await backend.tier.get('k'))?.value ?? []).toString()).toBe('v');
    await expect(backend.lease.acquire('k', 1000)).rejects.toEqual(withCode('NOT_SUPPORTED'));
  });

  /** A shell that prepares, in its private folder, and then becomes the server. */
  async function startScript(script: string): Promise<{ server: Supervised; port: number }> {
    const port = await freePort();
    const program = findServer('memcached', process.env).path;
    const server = await Supervised.start('memcached-password', {
      program: '/bin/sh',
      args: () => ['-c', script],
      env: {
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
        MEMCACHED: `${program} -l 127.0.0.1 -p ${port} -U 0 -u ${process.env['USER'] ?? 'root'}`,
      },
      stopSignal: 'KILL',
    });
    for (
      let i = 0;
      i < 250 && server.alive && (await refusal(`127.0.0.1:${port}`)) === 'SERVER_UNREACHABLE';
      i++
    ) {
      await sleep(20);
    }
    return { server, port };
  }

  const refusal = (servers: string): Promise<string> =>
    open(servers).then(
      () => 'taken',
      (error: unknown) => (isCachectlError(error) ? error.code : String(error)),
    );
});

describe('on a running server', () => {
  let testServers: TestServers;
  beforeAll(async () => {
    testServers = await startOnTcp();
  });
  afterAll(() => testServers?.stop());

  test('replies after the deadline never reach another call', async () => {
    const { tier } = await open(testServers.servers);
    await tier.setMany(['a', 'b', 'c'].map((key) => ({ key, value: bytes(key.repeat(3)) })));
    await testServers.faults.freeze();
    await expect(Promise.all([tier.get('a'), tier.getMany(['a', 'b'])])).rejects.toEqual(
      withCode('DEADLINE_EXCEEDED'),
    );
    await sleep(100);
    const afterwards = ['c', 'b', 'c'].map((key) => tier.get(key));
    await testServers.faults.thaw();
    const values = (await Promise.all(afterwards)).map((hit) => Buffer.from(hit?.value ?? []).toString());
    expect(values).toEqual(['ccc', 'bbb', 'ccc']);
  });

  test('a server that stays silent is given up, and taken back when it answers', async () => {
    const { tier } = await open(testServers.servers);
    await testServers.faults.freeze();
    await expect(tier.get('a')).rejects.toEqual(withCode('DEADLINE_EXCEEDED'));
    await expect
      .poll(async () => (await failure(tier.get('a'))).code, { timeout: 5000 })
      .toBe('SERVER_UNREACHABLE');
    const start = performance.now();
    await failure(tier.get('a'));
    expect(performance.now() - start).toBeLessThan(100);
    await testServers.faults.thaw();
    await expect
      .poll(
        async () =>
          tier.get('nothing').then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 5000 },
      )
      .toBe('up');
  });

  test('a value up to the limit fits with the longest key; over it the other entries of a batch are stored', async () => {
    const { tier } = await open(testServers.servers);
    const limit = tier.capabilities.maxValueBytes;
    expect(limit).toBeGreaterThan(1_048_000);
    const key = 'k'.repeat(250);
    await tier.set(key, new Uint8Array(limit), 60_000);
    expect((await tier.get(key))?.value.byteLength).toBe(limit);
    const tooLarge = { key: 'large', value: new Uint8Array(limit + 1) };
    await expect(tier.setMany([tooLarge, { key: 'small', value: bytes('s') }])).rejects.toEqual(
      withCode('VALUE_TOO_LARGE'),
    );
    await expect(tier.setMany([tooLarge])).rejects.toEqual(withCode('VALUE_TOO_LARGE'));
    expect(await tier.get('small')).toBeDefined();
    expect(await tier.get('large')).toBeUndefined();
  });

  test('describe and stats tell what the server is', async () => {
    for (const driver of [undefined, 'memjs' as const]) {
      const backend = await open(testServers.servers, driver === undefined ? {} : { driver });
      const { product, version, settings } = await backend.describe();
      expect(product).toBe('memcached');
      expect(version).toMatch(/^1\.\d+\.\d+/);
      expect(settings).toMatchObject({ maxbytes: '67108864', evictions: 'on', item_size_max: '1048576' });
      expect(await backend.tier.stats()).toMatchObject({ limitBytes: 67_108_864, evictions: 0 });
    }
  });

  test('a lease key longer than the server takes is hashed, and differs from a near one', async () => {
    const { lease } = await open(testServers.servers);
    const long = 'long '.repeat(100);
    const grant = await lease.acquire(long, 60_000);
    expect((await lease.acquire(long, 60_000)).granted).toBe(false);
    expect((await lease.acquire(`${long}x`, 60_000)).granted).toBe(true);
    expect(grant.granted && (await lease.release(long, grant.token))).toBe(true);
  });

  test('10,000 keys of a prefix, binary ones too, are deleted while others stay', async () => {
    const { tier } = await open(testServers.servers);
    const wanted = Array.from({ length: 10_000 }, (_, i) => `p/ü ${i}${i % 3 === 0 ? '\n%' : ''}`);
    await tier.setMany([...wanted, 'p/u', 'q'].map((key) => ({ key, value: bytes('v') })));
    const [first, second] = await Promise.all([tier.deletePrefix('p/ü '), tier.deletePrefix('p/ü ')]);
    expect(first + second).toBe(10_000);
    expect((await tier.getMany(['p/u', 'q', 'p/ü 1'])).map((hit) => hit !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  });

  const failure = async (call: Promise<unknown>): Promise<{ code: string }> => {
    const error: unknown = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { code: isCachectlError(error) ? error.code : 'none' };
  };
});

test.each([['-X'], ['-o', 'no_lru_crawler']])(
  'a server that does not list its keys says so: %s %s',
  async (...options) => {
    const { server, port } = await startWith(...options);
    cleanUp.push(() => server.stop());
    const { tier } = await open(`127.0.0.1:${port}`);
    await expect(tier.deletePrefix('x')).rejects.toEqual(withCode('NOT_SUPPORTED'));
  },
);

test('a full server that may not evict says so, and the connection stays in step', async () => {
  const { server, port } = await startWith('-M', '-m', '8');
  cleanUp.push(() => server.stop());
  const { tier } = await open(`127.0.0.1:${port}`, { deadlineMs: 2000 });
  const entries = Array.from({ length: 400 }, (_, i) => ({ key: `k${i}`, value: new Uint8Array(100_000) }));
  await expect(tier.setMany(entries)).rejects.toEqual(withCode('SERVER_ERROR'));
  await tier.delete('k0');
  expect((await tier.getMany(['k1', 'k399'])).map((hit) => hit?.value.byteLength)).toEqual([
    100_000,
    undefined,
  ]);
});

test('one dead server of three: its keys reject at once, the others are served, and no key moves', async () => {
  const three = [await startOnTcp(), await startOnTcp(), await startOnTcp()];
  cleanUp.push(async () => Promise.all(three.map((one) => one.stop())));
  const { tier } = await open(three.map(({ servers }) => servers).join(','));
  const keys = Array.from({ length: 60 }, (_, i) => `key ${i}`);
  await tier.setMany(keys.map((key) => ({ key, value: bytes(key) })));
  await three[1]?.faults.kill();
  await sleep(50);
  const start = performance.now();
  const outcomes = await Promise.allSettled(keys.map((key) => tier.get(key)));
  expect(performance.now() - start).toBeLessThan(200);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(failed.length).toBeGreaterThan(5);
  expect(failed.length).toBeLessThan(40);
  for (const outcome of failed) expect(outcome.reason).toEqual(withCode('SERVER_UNREACHABLE'));
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') expect(outcome.value).toBeDefined();
  await expect(tier.getMany(keys)).rejects.toEqual(withCode('SERVER_UNREACHABLE'));
});

test('garbage in the middle ends the connection, and a new one is made', async () => {
  const real = await startOnSocket();
  cleanUp.push(() => real.stop());
  let spoil = false;
  const greeting = 'STAT version 1.6.18\r\nSTAT time 1700000000\r\nEND\r\nEND\r\nMN\r\n';
  const port = await listen((socket) => {
    socket.on('data', (data) => {
      if (data.toString('latin1').startsWith('stats')) socket.write(greeting);
      else socket.write(spoil ? 'what?\r\n' : 'EN\r\n');
    });
  });
  const { tier } = await open(`127.0.0.1:${port}`);
  expect(await tier.get('k')).toBeUndefined();
  spoil = true;
  await expect(tier.get('k')).rejects.toEqual(withCode('SERVER_ERROR'));
  spoil = false;
  await expect
    .poll(async () =>
      tier.get('k').then(
        () => 'up',
        () => 'down',
      ),
    )
    .toBe('up');
});
