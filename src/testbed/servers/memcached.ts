import { join } from 'node:path';
import { type Environment, findServer, libraryEnvironment } from '../binaries.ts';
import { Supervised } from '../supervised.ts';
import { answers, type PrivateServer, untilReady, type WhereToListen } from './server.ts';

/** Starts a private memcached with a memory bound. */
export async function startMemcached(env: Environment, options: WhereToListen = {}): Promise<PrivateServer> {
  const binary = findServer('memcached', env);
  const listen = options.listen ?? 'socket';
  const megabytes = Math.max(8, Math.ceil((options.maxMemoryBytes ?? 256 * 1024 * 1024) / (1024 * 1024)));
  const supervised = await Supervised.start('memcached', {
    dir: options.dir,
    program: binary.path,
    args: (dir) => [
      ...(listen === 'socket'
        ? ['-s', join(dir, 'memcached.sock'), '-a', '700']
        : ['-l', '127.0.0.1', '-p', String(listen), '-U', '0']),
      '-m',
      String(megabytes),
      '-t',
      '2',
      '-c',
      '4096',
      '-u',
      'root',
    ],
    stopSignal: 'KILL',
    env: libraryEnvironment(binary),
  });
  const address =
    listen === 'socket'
      ? { path: join(supervised.dir, 'memcached.sock') }
      : { host: '127.0.0.1', port: listen };
  await untilReady('memcached', supervised, () => answers(address, 'version\r\n', 'VERSION'));
  return {
    url: 'path' in address ? `unix:${address.path}` : `127.0.0.1:${address.port}`,
    pid: supervised.pid,
    ended: supervised.ended,
    again: () => startMemcached(env, { ...options, dir: supervised.dir }),
    stop: () => supervised.stop(),
  };
}
