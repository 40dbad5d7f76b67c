import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isCachectlError } from '../../src/base/errors.ts';
import { findServer } from '../../src/testbed/binaries.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { Supervised } from '../../src/testbed/supervised.ts';
import { bytes, cleanUp, codeOf, listen, open, withCode } from './memcached-stage.ts';

describe.each([{ driver: undefined }, { driver: 'memjs' as const }])(
  'what does not answer as memcached ($driver)',
  ({ driver }) => {
    const openError = async (servers: string): Promise<{ code: string; message: string; ms: number }> => {
      const start = performance.now();
      const error: unknown = await open(servers, { driver, connectTimeoutMs: 700 }).then(
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
    expect(await codeOf(open(`127.0.0.1:${port}`))).toBe('AUTH_FAILED');
  });

  test('-S: SASL', async (context) => {
    const { server, port } = await startScript(`
      printf 'mech_list: plain\\nsasldb_path: %s/db\\n' "$PWD" > memcached.conf
      printf secret | saslpasswd2 -p -c -a memcached -u here -f "$PWD/db" joe || exit 1
      SASL_CONF_PATH=$PWD exec $MEMCACHED -S`);
    cleanUp.push(() => server.stop());
    const refused = await codeOf(open(`127.0.0.1:${port}`));
    if (server.log.includes('saslpasswd2')) context.skip('saslpasswd2 (Debian: sasl2-bin) is not installed');
    if (server.log.includes('not built with SASL')) context.skip('this memcached was built without SASL');
    expect(refused).toBe('AUTH_FAILED');
    expect(await codeOf(open(`memcached://joe%40here:wrong@127.0.0.1:${port}`))).toBe('AUTH_FAILED');
    const backend = await open(`memcached://joe%40here:secret@127.0.0.1:${port}`);
    expect(backend.address).not.toContain('secret');
    await backend.tier.set('k', bytes('v'), 60_000);
    expect(Buffer.from((await backend.tier.get('k'))?.value ?? []).toString()).toBe('v');
    await expect(backend.lease.acquire('k', 1000)).rejects.toEqual(withCode('NOT_SUPPORTED'));
  });
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
    i < 250 && server.alive && (await codeOf(open(`127.0.0.1:${port}`))) === 'SERVER_UNREACHABLE';
    i++
  ) {
    await sleep(20);
  }
  return { server, port };
}
