import { CachectlError } from '../../base/errors.ts';

export const DEFAULT_PORT = 11211;

/** Where one server listens. */
export type ServerAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface ServerList {
  readonly servers: readonly ServerAddress[];
  /** For every server of the list; only SASL servers take them. */
  readonly credentials: Credentials | undefined;
}

const SCHEME = 'memcached://';

/**
 * Parses a comma list of `host`, `host:port`, `[::1]:port`, `unix:/path` and `/path`. With credentials the list
 * is written once as a URL, `memcached://user:password@host:port,host:port`, percent-encoded where needed.
 * @throws CachectlError `BAD_USAGE`
 */
export function parseServers(text: string): ServerList {
  const rest = text.trim().startsWith(SCHEME)
    ? text.trim().slice(SCHEME.length).replace(/\/$/, '')
    : text.trim();
  const at = rest.startsWith('/') || rest.startsWith('unix:') ? -1 : rest.lastIndexOf('@');
  const credentials = at < 0 ? undefined : parseCredentials(rest.slice(0, at));
  const servers = rest
    .slice(at + 1)
    .split(',')
    .map((item) => parseServer(item.trim()));
  const names = new Set(servers.map(formatServer));
  if (names.size < servers.length) throw bad('a server is named twice', rest.slice(at + 1));
  if (credentials !== undefined && servers.some((server) => 'path' in server)) {
    throw bad(
      'credentials are for TCP servers; a unix socket is guarded by its file mode',
      rest.slice(at + 1),
    );
  }
  return { servers, credentials };
}

/** As it is written in lists and messages, and as it is hashed on the ring. */
export function formatServer(server: ServerAddress): string {
  if ('path' in server) return `unix:${server.path}`;
  return server.host.includes(':') ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

/** The list for messages and reports, without the password. */
export function formatServers(list: ServerList): string {
  const servers = list.servers.map(formatServer).join(',');
  return list.credentials === undefined
    ? servers
    : `${SCHEME}${encodeURIComponent(list.credentials.user)}:***@${servers}`;
}

function parseServer(item: string): ServerAddress {
  const path = item.startsWith('unix:') ? item.slice('unix:'.length).replace(/^\/\/(?=\/)/, '') : item;
  if (path.startsWith('/')) return { path };
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+))(?::(\d{1,5}))?$/i.exec(item);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host === undefined || port === 0 || port > 65_535) throw bad('this is no server address', item);
  return { host, port };
}

function parseCredentials(text: string): Credentials {
  const colon = text.indexOf(':');
  try {
    const user = decodeURIComponent(text.slice(0, Math.max(0, colon)));
    if (user !== '') return { user, password: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    // falls through to the error below, which does not repeat the secret
  }
  throw new CachectlError('BAD_USAGE', 'memcached: the credentials in the address cannot be read', {
    hint: 'write memcached://user:password@host:port, with special characters percent-encoded',
  });
}

function bad(what: string, item: string): CachectlError {
  return new CachectlError('BAD_USAGE', `memcached: ${what}: '${item}'`, {
    hint: 'write host:port, [ipv6]:port or unix:/path, several separated by commas',
  });
}
