import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkAddress, type Service, SERVICES, showAddress } from '../../../src/config/addresses.ts';

describe('well-formed addresses', () => {
  test.for<[Service, string]>([
    ['redis', 'redis://localhost:6379'],
    ['redis', 'redis://user:pa%2Fss@10.0.0.1:6380/15'],
    ['redis', 'rediss://:secret@cache.example.com'],
    ['redis', 'redis://[::1]:6379'],
    ['redis', 'redis+unix:///run/redis.sock?db=3'],
    ['memcached', '10.0.0.1:11211'],
    ['memcached', 'a:11211, b:11212,[::1]:11211'],
    ['memcached', 'unix:/run/memcached.sock'],
    ['database', 'postgres://u:p@db:5432/app?sslmode=require'],
    ['database', 'postgresql://db/app'],
    ['database', 'postgres://postgres@/postgres?host=/run/postgresql'],
    ['database', 'sqlite:/var/lib/cache.db'],
    ['database', 'sqlite::memory:'],
    ['database', 'file:/var/lib/cache.db'],
  ])('%s %s', ([service, address]) => {
    expect(checkAddress(service, address)).toBeUndefined();
  });
});

describe('malformed addresses: what is wrong', () => {
  test.for<[Service, address: string, reason: string]>([
    ['redis', '', 'found nothing: the scheme is missing'],
    ['redis', 'localhost:6379', "found 'localhost:6379': the scheme is missing, write redis:// before it"],
    ['redis', 'http://h:1', "'http' is not a scheme of Redis"],
    ['redis', 'redis://h:65536', 'the port must be from 1 to 65535'],
    ['redis', 'redis://h:0', 'the port must be from 1 to 65535'],
    ['redis', 'redis://:6379', 'this is no URL'],
    ['redis', 'redis:///3', 'the host is missing'],
    ['redis', 'redis://h:1/cache', 'the database after the host must be a number'],
    ['redis', 'redis+unix://', 'the path of the socket is missing'],
    ['redis', 'redis+unix:///s?db=x', 'must be a number'],
    ['redis', 'redis://u:pa/ss@h:1', "found 'redis://u:***@h:1': this is no URL"],
    ['memcached', '', 'a server is missing'],
    ['memcached', 'a:1,', 'a server is missing'],
    ['memcached', 'cache', 'the port is missing, the usual one is 11211'],
    ['memcached', 'memcached://a:1', "leave out 'memcached://'"],
    ['memcached', '::1:11211', 'stands in brackets'],
    ['memcached', 'a:0', 'a port from 1 to 65535'],
    ['memcached', 'a:99999', 'a port from 1 to 65535'],
    ['memcached', 'unix:sock', 'the path must begin with /'],
    ['database', 'db:5432', 'the scheme is missing'],
    ['database', 'mysql://db', "'mysql' is not a supported database"],
    ['database', 'postgres://db:x/app', 'this is no URL'],
    ['database', 'sqlite:', 'the path of the file is missing'],
  ])('%s %s', ([service, address, reason]) => {
    expect(checkAddress(service, address)).toContain(reason);
  });
});

test('no message shows a password, whatever the address looks like', () => {
  const part = fc.constantFrom('', 'host', ':', '/', '1', '?', '#', '@', ',', '[', ' ');
  const parts = fc.array(part, { maxLength: 4 }).map((list) => list.join(''));
  const start = fc.constantFrom('', 'rediss://u:', 'redis+unix://:', 'postgres://u:', 'mysql://:', 'u:');
  const secret = 's3cr3t';
  const address = fc
    .tuple(start, part, parts, parts)
    .map(([before, a, b, after]) => `${before}${a}${secret}${b}@${after}`)
    .filter((text) => !/s3cr3t[a-z0-9]*:\/\//u.test(text));
  fc.assert(
    fc.property(fc.constantFrom(...SERVICES), address, (service, text) => {
      expect(checkAddress(service, text) ?? '').not.toContain(secret);
      expect(showAddress(text)).not.toContain(secret);
    }),
    { numRuns: 1000 },
  );
});

test('what helps to find a mistake is shown', () => {
  expect(showAddress('redis://app:secret@cache:6379/1')).toBe('redis://app:***@cache:6379/1');
  expect(showAddress('redis://:secret@cache:6379')).toBe('redis://:***@cache:6379');
  expect(showAddress('postgres://db/app?password=secret&x=1')).toBe('postgres://db/app?password=***&x=1');
  expect(showAddress('10.0.0.1:11211')).toBe('10.0.0.1:11211');
});
