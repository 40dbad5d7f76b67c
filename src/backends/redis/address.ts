import { CachectlError } from '../../base/errors.ts';

/** TLS settings of a `rediss://` address; certificates and keys as PEM text. */
export interface RedisTlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False accepts any certificate: for tests only. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Where one Redis server listens, and how to log in. */
export interface RedisAddress {
  readonly socket: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: RedisTlsOptions | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  /** For messages and reports: the address without its password. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;
const UNIX_URL = /^redis\+unix:\/\/(?:([^@/?#]*)@)?(\/[^?#]+)(?:\?db=(\d+))?$/;

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `rediss://…` and `redis+unix://[user:password@]/path[?db=N]`.
 * @throws CachectlError `BAD_USAGE`; the message never quotes the URL, because a password with unescaped
 * characters can end up in any part of it.
 */
export function parseRedisUrl(url: string, tls?: RedisTlsOptions): RedisAddress {
  const scheme = /^(redis|rediss|redis\+unix):\/\//.exec(url)?.[1];
  if (scheme === undefined) throw badUrl('does not begin with redis://, rediss:// or redis+unix://');
  if (tls !== undefined && scheme !== 'rediss')
    throw badUrl(`has TLS options, but ${scheme}:// is not encrypted`);
  return scheme === 'redis+unix'
    ? parseUnix(url)
    : parseTcp(url, scheme === 'rediss' ? (tls ?? {}) : undefined);
}

function parseUnix(url: string): RedisAddress {
  const match = UNIX_URL.exec(url);
  if (match === null) throw badUrl('is not of the form redis+unix:///path/to/socket?db=0');
  const [, credentials = '', path = '', db = '0'] = match;
  const colon = credentials.indexOf(':');
  const username = colon < 0 ? credentials : credentials.slice(0, colon);
  const password = colon < 0 ? '' : credentials.slice(colon + 1);
  return address('redis+unix', { path: decode(path) }, username, password, Number(db), undefined);
}

function parseTcp(url: string, tls: RedisTlsOptions | undefined): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '') throw badUrl('has no valid host and port');
  if (parsed.search !== '' || url.includes('#')) throw badUrl('has something after the database number');
  const path = /^\/?(\d*)$/.exec(parsed.pathname);
  if (path === null) throw badUrl('has a path that is no database number');
  const socket = {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
  };
  const scheme = tls === undefined ? 'redis' : 'rediss';
  return address(scheme, socket, parsed.username, parsed.password, Number(path[1]), tls);
}

function address(
  scheme: string,
  socket: RedisAddress['socket'],
  username: string,
  password: string,
  db: number,
  tls: RedisTlsOptions | undefined,
): RedisAddress {
  const login = username + (password === '' ? '' : ':***');
  const place = 'path' in socket ? socket.path : `${bracketed(socket.host)}:${socket.port}`;
  const database = db === 0 ? '' : 'path' in socket ? `?db=${db}` : `/${db}`;
  return {
    socket,
    tls,
    username: username === '' ? undefined : decode(username),
    password: password === '' ? undefined : decode(password),
    db,
    shown: `${scheme}://${login}${login === '' ? '' : '@'}${place}${database}`,
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badUrl('has a % that begins no escape');
  }
}

function badUrl(what: string): CachectlError {
  return new CachectlError('BAD_USAGE', `the Redis URL ${what}`, {
    hint: 'write redis://user:password@host:6379/0, with special characters of the password percent-encoded (# as %23, / as %2F)',
  });
}
