import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openRedis, type RedisOptions } from '../../src/backends/redis/open.ts';
import { type CachectlError, isCachectlError } from '../../src/base/errors.ts';
import { findServer } from '../../src/testbed/binaries.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { eventually } from '../contract/tier-contract.ts';

const CANARY = 'canary-pa55';
const LIMIT_MS = 5000;

const pem = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8');

/** Sockets and timers that keep this process busy. */
function held(): number {
  return process.getActiveResourcesInfo().filter((kind) => /Wrap|Timeout/.test(kind)).length;
}

/** Opens what must not open: fails within 5 s, tells no secret, leaves nothing behind. */
async function refused(options: RedisOptions): Promise<CachectlError> {
  const before = held();
  const start = performance.now();
  const error = await openRedis(options).then(
    async (backend) => {
      await backend.close();
      throw new Error('it opened');
    },
    (thrown: unknown) => thrown,
  );
  if (!isCachectlError(error)) throw error;
  expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain(CANARY);
  expect(error.hint).toBeTruthy();
  await eventually(async () => expect(held()).toBeLessThanOrEqual(before), 500);
  return error;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
}

describe('a server that is not there or is no Redis', () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));
  const listener = async (server: Server): Promise<string> => {
    closing.push(() => server.close());
    return listening(server);
  };

  test('nothing listens: unreachable at once, with the address', async () => {
    const port = await freePort();
    const error = await refused({ url: `redis://ann:${CANARY}@127.0.0.1:${port}/2` });
    expect(error.code).toBe('SERVER_UNREACHABLE');
    expect(error.message).toContain(`redis://ann:***@127.0.0.1:${port}/2`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(await refused({ url: `redis://localhost:${port}` })).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('no such socket', async () => {
    const error = await refused({ url: 'redis+unix:///nowhere/redis.sock' });
    expect(error.code).toBe('SERVER_UNREACHABLE');
    expect(error.message).toContain('there is no such socket');
  });

  test('unknown host', async () => {
    const options = { url: `redis://:${CANARY}@no-such-host.invalid`, connectTimeoutMs: 1000 };
    expect(await refused(options)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('it accepts and says nothing: unreachable after the connect timeout', async () => {
    const silent = await listener(createServer((socket) => closing.push(() => socket.destroy())));
    const error = await refused({ url: `redis://:${CANARY}@${silent}`, connectTimeoutMs: 150 });
    expect(error.code).toBe('SERVER_UNREACHABLE');
    expect(error.message).toContain('no answer within 150 ms');
  });

  test('it hangs up at once', async () => {
    const rude = await listener(createServer((socket) => socket.destroy()));
    expect(await refused({ url: `redis://${rude}` })).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('an HTTP server', async () => {
    const web = await listener(createHttpServer((_request, response) => response.end('hello')));
    const error = await refused({ url: `redis://:${CANARY}@${web}` });
    expect(error.code).toBe('WRONG_PROTOCOL');
    expect(error.message).toContain(web);
  });

  test('a server that greets in a protocol of its own', async () => {
    const mail = await listener(
      createServer((socket) => socket.on('error', () => {}).write('+OK POP3 ready\r\n')),
    );
    expect(await refused({ url: `redis://${mail}` })).toMatchObject({ code: 'WRONG_PROTOCOL' });
  });

  test('memcached', async () => {
    const port = await freePort();
    const memcached = await startMemcached(process.env, { listen: port });
    expect(await refused({ url: `redis://127.0.0.1:${port}` })).toMatchObject({ code: 'WRONG_PROTOCOL' });
    await memcached.stop();
  });
});

describe('log-in', () => {
  let server: PrivateServer;
  let admin: Redis;
  let at: string;
  beforeAll(async () => {
    server = await startRedis(process.env, { listen: await freePort() });
    at = server.url.replace('redis://', '');
    admin = new Redis(server.url);
    await admin.call('ACL', 'SETUSER', 'ann', 'on', `>${CANARY}`, '~*', '&*', '+@all');
    await admin.call('ACL', 'SETUSER', 'bob', 'on', `>${CANARY}`, '~*', '&*', '+@all', '-info', '-dbsize');
    await admin.call('ACL', 'SETUSER', 'eve', 'on', `>${CANARY}`, '~*', '-@all', '+auth');
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  test('a password where none is set', async () => {
    expect(await refused({ url: `redis://:${CANARY}@${at}` })).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('a user, a wrong password, a missing one', async () => {
    const backend = await openRedis({ url: `redis://ann:${CANARY}@${at}/3` });
    await backend.tier.set('key', Buffer.from('v'));
    expect((await backend.tier.stats()).entries).toBe(1);
    await backend.close();
    expect(await refused({ url: `redis://ann:wrong-${CANARY}@${at}` })).toMatchObject({
      code: 'AUTH_FAILED',
    });
    await admin.config('SET', 'requirepass', CANARY);
    const error = await refused({ url: `redis://${at}` });
    expect(error.code).toBe('AUTH_FAILED');
    expect(error.hint).toContain('password into the URL');
    await admin.config('SET', 'requirepass', '');
  });

  test('a user without rights', async () => {
    expect(await refused({ url: `redis://eve:${CANARY}@${at}` })).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test('a user who may not ask for figures gets none, and everything else', async () => {
    const backend = await openRedis({ url: `redis://bob:${CANARY}@${at}` });
    await backend.tier.set('key', Buffer.from('v'));
    expect(await backend.tier.stats()).toEqual({});
    expect(await backend.describe()).toEqual({ product: 'redis', version: '', settings: {} });
    await backend.close();
  });

  test('a database that does not exist', async () => {
    expect(await refused({ url: `redis://${at}/99` })).toMatchObject({ code: 'SERVER_ERROR' });
  });

  test('no error of a call tells its arguments', async () => {
    await admin.config('SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction');
    const backend = await openRedis({ url: `redis://ann:${CANARY}@${at}` });
    const error: unknown = await backend.tier
      .set('key', Buffer.from(CANARY))
      .catch((thrown: unknown) => thrown);
    expect(isCachectlError(error, 'SERVER_ERROR')).toBe(true);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(CANARY);
    await admin.config('SET', 'maxmemory', '0');
    await backend.close();
  });

  test('a server that renamed AUTH repeats the password: it is not passed on', async () => {
    const port = await freePort();
    const renamed = await Supervised.start('redis-renamed', {
      program: findServer('redis-server', process.env).path,
      args: () => [
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--save',
        '',
        '--rename-command',
        'AUTH',
        '',
      ],
    });
    await eventually(async () => {
      expect(await refused({ url: `redis://ann:${CANARY}@127.0.0.1:${port}` })).toMatchObject({
        code: 'AUTH_FAILED',
      });
    });
    await renamed.stop();
  });

  test('it describes the server', async () => {
    const backend = await openRedis({ url: `redis://${at}` });
    const { product, version, settings } = await backend.describe();
    expect(product).toBe('redis');
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(settings).toEqual({ mode: 'standalone', maxmemory: '0', 'maxmemory-policy': 'noeviction' });
    await backend.close();
  });
});

describe('TLS', () => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await startRedis(process.env, { listen: await freePort() });
  });
  afterAll(() => server.stop());
  const ca = pem('cert');

  /** Ends TLS in front of the server, as a managed service does. */
  const withTls = async (options: TlsOptions, run: (address: string) => Promise<void>): Promise<void> => {
    const port = Number(new URL(server.url).port);
    const front = createTlsServer({ cert: ca, key: pem('key'), ...options }, (socket) => {
      const back = connect(port, '127.0.0.1');
      socket.pipe(back).pipe(socket);
      socket.on('error', () => back.destroy());
      back.on('error', () => socket.destroy());
    });
    front.on('tlsClientError', () => {});
    await run(await listening(front));
    front.close();
  };

  test('a trusted certificate', async () => {
    await withTls({}, async (at) => {
      const backend = await openRedis({ url: `rediss://${at}`, tls: { ca } });
      await backend.tier.set('key', Buffer.from('v'));
      expect(await backend.tier.get('key')).toBeDefined();
      await backend.close();
    });
  });

  test('a certificate that is not trusted, unless that is accepted', async () => {
    await withTls({}, async (at) => {
      const error = await refused({ url: `rediss://${at}` });
      expect(error.code).toBe('SERVER_UNREACHABLE');
      expect(error.message).toContain('not trusted');
      await (await openRedis({ url: `rediss://${at}`, tls: { rejectUnauthorized: false } })).close();
    });
  });

  test('a server that asks for a client certificate', async () => {
    await withTls({ requestCert: true, rejectUnauthorized: true, ca }, async (at) => {
      expect(await refused({ url: `rediss://${at}`, tls: { ca } })).toMatchObject({ code: 'AUTH_FAILED' });
      await (await openRedis({ url: `rediss://${at}`, tls: { ca, cert: ca, key: pem('key') } })).close();
    });
  });

  test('encryption on one side only', async () => {
    const plain = { url: server.url.replace('redis:', 'rediss:'), connectTimeoutMs: 200 };
    expect((await refused(plain)).message).toContain('is it a server with TLS?');
    const web = createHttpServer();
    expect(await refused({ url: `rediss://${await listening(web)}` })).toMatchObject({
      code: 'WRONG_PROTOCOL',
    });
    web.close();
    await withTls({}, async (at) => {
      const error = await refused({ url: `redis://${at}`, connectTimeoutMs: 1000 });
      expect(error.code).toBe('SERVER_UNREACHABLE');
      expect(error.hint).toContain('rediss://');
    });
  });
});
