import { CachectlError } from '../../base/errors.ts';
import type { RawConnection } from '../raw-connection.ts';
import { openRawConnections } from '../raw-pool.ts';
import type { RawOptions } from '../raw-protocol.ts';
import { formatServer, formatServers, parseServers } from './address.ts';
import { memcachedProtocol } from './raw-protocol.ts';

/**
 * Bare sockets to one Memcached server, for a load generator.
 * @throws CachectlError `BAD_USAGE` for several servers or one with credentials; `SERVER_UNREACHABLE`, `WRONG_PROTOCOL`
 */
export async function openRawMemcached(
  servers: string,
  options: RawOptions,
): Promise<readonly RawConnection[]> {
  const list = parseServers(servers);
  const [address] = list.servers;
  if (address === undefined || list.servers.length > 1 || list.credentials !== undefined) {
    throw new CachectlError(
      'BAD_USAGE',
      `the raw driver speaks to one Memcached server without a password, not to ${formatServers(list)}`,
      { hint: 'name one of the servers with --memcached, or measure them with --driver memjs' },
    );
  }
  const protocol = memcachedProtocol(formatServer(address), options, options.clock);
  return openRawConnections(address, protocol, options);
}
