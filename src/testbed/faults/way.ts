import { CachectlError } from '../../base/errors.ts';
import { postgresPlace } from '../../backends/database/postgres.ts';
import { formatServer, parseServers } from '../../backends/memcached/address.ts';
import { parseRedisUrl } from '../../backends/redis/address.ts';
import type { Service } from '../target.ts';
import type { Place } from './proxy.ts';

/** A server that can be reached through a proxy. */
export interface Way {
  readonly server: Place;
  /** The server's address with that of a proxy on this machine in place of its own. */
  readonly through: (port: number) => string;
}

/** @throws CachectlError `NOT_SUPPORTED` when connections through a proxy would be others than those without */
export function wayTo(service: Service, url: string): Way {
  return WAYS[service](url);
}

const HOST = '127.0.0.1';

const WAYS: Readonly<Record<Service, (url: string) => Way>> = {
  redis: (url) => {
    const { socket, tls, username = '', password, db } = parseRedisUrl(url);
    if (tls !== undefined) throw noWay('Redis over TLS', 'its certificate is not that of a proxy');
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
    const login = username + secret === '' ? '' : `${encodeURIComponent(username)}${secret}@`;
    return { server: socket, through: (port) => `redis://${login}${HOST}:${port}/${db}` };
  },
  memcached: (list) => {
    const { servers, credentials } = parseServers(list);
    const [server] = servers;
    if (server === undefined || servers.length > 1) {
      throw noWay('several Memcached servers', 'a fault strikes one server');
    }
    const login =
      credentials === undefined
        ? ''
        : `memcached://${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@`;
    return { server, through: (port) => login + formatServer({ host: HOST, port }) };
  },
  database: (url) => {
    if (!/^postgres(ql)?:\/\//.test(url))
      throw noWay('the embedded database', 'it is a file and has no server');
    const { host, port } = postgresPlace(url);
    const parsed = new URL(url);
    if (parsed.searchParams.get('sslmode')?.startsWith('verify-') === true) {
      throw noWay('PostgreSQL with a verified certificate', 'it is not that of a proxy');
    }
    const server = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
    return {
      server,
      through: (proxyPort) => {
        const other = new URL(url);
        other.searchParams.delete('host');
        other.searchParams.delete('port');
        other.hostname = HOST;
        other.port = String(proxyPort);
        return other.href;
      },
    };
  },
};

function noWay(what: string, why: string): CachectlError {
  return new CachectlError('NOT_SUPPORTED', `there are no faults for ${what}: ${why}`, {
    hint: 'give one server without TLS, or none: then a private one is started',
  });
}
