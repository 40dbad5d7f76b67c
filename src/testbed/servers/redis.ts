import { join } from 'node:path';
import { type Environment, findServer, libraryEnvironment } from '../binaries.ts';
import { Supervised } from '../supervised.ts';
import { answers, type PrivateServer, untilReady, type WhereToListen } from './server.ts';

/** Starts a private redis-server: no persistence, a memory bound, all keys evictable. */
export async function startRedis(env: Environment, options: WhereToListen = {}): Promise<PrivateServer> {
  const binary = findServer('redis-server', env);
  const listen = options.listen ?? 'socket';
  const supervised = await Supervised.start('redis', {
    dir: options.dir,
    program: binary.path,
    args: (dir) => [
      ...(listen === 'socket'
        ? ['--port', '0', '--unixsocket', join(dir, 'redis.sock'), '--unixsocketperm', '700']
        : ['--bind', '127.0.0.1', '--port', String(listen)]),
      '--save',
      '',
      '--appendonly',
      'no',
      '--daemonize',
      'no',
      '--dir',
      dir,
      '--maxmemory',
      String(options.maxMemoryBytes ?? 256 * 1024 * 1024),
      '--maxmemory-policy',
      'allkeys-lru',
    ],
    stopSignal: 'KILL',
    env: libraryEnvironment(binary),
  });
  const address =
    listen === 'socket' ? { path: join(supervised.dir, 'redis.sock') } : { host: '127.0.0.1', port: listen };
  await untilReady('redis-server', supervised, () => answers(address, 'PING\r\n', '+PONG'));
  return {
    url: 'path' in address ? `redis+unix://${address.path}` : `redis://127.0.0.1:${address.port}`,
    pid: supervised.pid,
    ended: supervised.ended,
    again: () => startRedis(env, { ...options, dir: supervised.dir }),
    stop: () => supervised.stop(),
  };
}
