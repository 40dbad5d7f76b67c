import { redact } from '../base/redact.ts';

/** Products that an address can be of. */
export type Service = 'redis' | 'memcached' | 'database';

export const SERVICES: readonly Service[] = ['redis', 'memcached', 'database'];

const EXPECTED: Readonly<Record<Service, string>> = {
  redis: 'redis://[user:password@]host:port[/db], rediss://… for TLS, or redis+unix:///path/to/socket',
  memcached: 'host:port[,host:port…] or unix:/path/to/socket',
  database: 'postgres://[user:password@]host:port/database, sqlite:/path/to/file or sqlite::memory:',
};

const CHECKS: Readonly<Record<Service, (address: string) => string | undefined>> = {
  redis: checkRedis,
  memcached: checkMemcached,
  database: checkDatabase,
};

/**
 * What is wrong with the shape of an address, as a message without secrets; undefined when it is well formed.
 * Nothing is resolved or connected to.
 *
 * @param shown how the address is shown in the message
 */
export function checkAddress(
  service: Service,
  address: string,
  shown: string = showAddress(address),
): string | undefined {
  const reason = CHECKS[service](address);
  if (reason === undefined) return undefined;
  return `expected ${EXPECTED[service]}; found ${shown === '' ? 'nothing' : `'${shown}'`}: ${reason}`;
}

/** A text that may be an address, for messages: of what stands before the last `@`, only scheme and user name stay. */
export function showAddress(address: string): string {
  const credentials = /^([a-z][a-z0-9+.-]*:\/\/(?:[^:@/]*:)?)?[^]*@/iu;
  return redact(address.replace(credentials, (_all, start: string | undefined) => `${start ?? ''}***@`));
}

const ENCODE = 'characters such as / # ? @ in a password must be percent-encoded (/ is %2F)';

function checkRedis(address: string): string | undefined {
  const scheme = schemeOf(address);
  if (scheme === undefined) return 'the scheme is missing, write redis:// before it';
  if (scheme === 'redis+unix') {
    const { pathname, searchParams } = parseUrl(address) ?? {};
    if (pathname === undefined || pathname.length < 2) return 'the path of the socket is missing';
    return checkDatabaseNumber(searchParams?.get('db') ?? '');
  }
  if (scheme !== 'redis' && scheme !== 'rediss') return `'${scheme}' is not a scheme of Redis`;
  const url = parseUrl(address);
  return checkHost(url) ?? checkDatabaseNumber(url?.pathname.slice(1) ?? '');
}

function checkDatabaseNumber(text: string): string | undefined {
  return /^\d{0,5}$/.test(text) ? undefined : 'the database after the host must be a number';
}

function checkMemcached(list: string): string | undefined {
  if (list.includes('@')) return 'user and password cannot stand in it';
  for (const address of list.split(',').map((part) => part.trim())) {
    const reason = checkMemcachedServer(address);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkMemcachedServer(address: string): string | undefined {
  if (address === '') return 'a server is missing';
  if (address.startsWith('unix:'))
    return address.length > 6 && address[5] === '/' ? undefined : 'the path must begin with /';
  const scheme = schemeOf(address);
  if (scheme !== undefined) return `leave out '${scheme}://'`;
  if (isHostAndPort(address)) return undefined;
  if (/^[^:@\s]+$/.test(address)) return 'the port is missing, the usual one is 11211';
  return /:.*:/.test(address) && !address.startsWith('[')
    ? 'an IPv6 address stands in brackets: [::1]:11211'
    : 'a server is a host name or an IP address, a colon and a port from 1 to 65535';
}

function checkDatabase(address: string): string | undefined {
  const file = /^(?:sqlite|file):(.*)$/su.exec(address);
  if (file !== null) return file[1] === '' ? 'the path of the file is missing' : undefined;
  const scheme = schemeOf(address);
  if (scheme === undefined) return 'the scheme is missing';
  if (scheme !== 'postgres' && scheme !== 'postgresql') return `'${scheme}' is not a supported database`;
  const url = parseUrl(address.replace('@/', '@localhost/'));
  return url?.searchParams.has('host') === true ? undefined : checkHost(parseUrl(address));
}

function schemeOf(address: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//iu.exec(address)?.[1]?.toLowerCase();
}

function parseUrl(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

function checkHost(url: URL | undefined): string | undefined {
  if (url === undefined) return `this is no URL; the port must be from 1 to 65535, and ${ENCODE}`;
  if (url.hostname === '') return `the host is missing, or the password is not encoded: ${ENCODE}`;
  return url.port === '0' ? 'the port must be from 1 to 65535' : undefined;
}

function isHostAndPort(address: string): boolean {
  const match = /^(?:\[[0-9a-f:.]+\]|[^\s:/@[\]]+):(\d{1,5})$/iu.exec(address);
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}
