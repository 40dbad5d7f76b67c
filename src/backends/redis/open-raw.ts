import { CachectlError } from '../../base/errors.ts';
import type { RawConnection } from '../raw-connection.ts';
import { openRawConnections } from '../raw-pool.ts';
import type { RawOptions } from '../raw-protocol.ts';
import { parseRedisUrl } from './address.ts';
import { redisProtocol } from './raw-protocol.ts';

/**
 * Bare sockets to a Redis server, for a load generator.
 * @throws CachectlError `NOT_SUPPORTED` over TLS; `BAD_USAGE`, `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`
 */
export async function openRawRedis(url: string, options: RawOptions): Promise<readonly RawConnection[]> {
  const address = parseRedisUrl(url);
  if (address.tls !== undefined) {
    throw new CachectlError('BAD_USAGE', `the raw driver speaks no TLS, which ${address.shown} wants`, {
      hint: 'measure it with --driver ioredis',
    });
  }
  return openRawConnections(address.socket, redisProtocol(address, options), options);
}
