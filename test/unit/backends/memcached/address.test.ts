import { describe, expect, test } from 'vitest';
import { formatServer, formatServers, parseServers } from '../../../../src/backends/memcached/address.ts';
import { isCachectlError } from '../../../../src/base/errors.ts';

describe('parseServers', () => {
  test.each([
    ['cache', ['cache:11211']],
    ['10.0.0.1:11212', ['10.0.0.1:11212']],
    ['[::1]:11211, cache:1', ['[::1]:11211', 'cache:1']],
    ['[fe80::1]', ['[fe80::1]:11211']],
    ['unix:/run/m.sock', ['unix:/run/m.sock']],
    ['unix:///run/m.sock', ['unix:/run/m.sock']],
    ['/run/a@b.sock', ['unix:/run/a@b.sock']],
    ['memcached://a:1,b:2/', ['a:1', 'b:2']],
  ])('%s', (text, expected) => {
    const { servers, credentials } = parseServers(text);
    expect(servers.map(formatServer)).toEqual(expected);
    expect(credentials).toBeUndefined();
  });

  test('credentials hold for all servers, and are not shown', () => {
    const list = parseServers('memcached://us%40er:p%3A%2Cw@a:1,b:2');
    expect(list.credentials).toEqual({ user: 'us@er', password: 'p:,w' });
    expect(list.servers.map(formatServer)).toEqual(['a:1', 'b:2']);
    expect(formatServers(list)).toBe('memcached://us%40er:***@a:1,b:2');
  });

  test.each([
    '',
    'a,',
    '::1',
    'a:b',
    'a:0',
    'a:70000',
    'a b',
    'a:1,a:1',
    'a,a:11211',
    'redis://a:1',
    'memcached://u:p@unix:/x',
  ])('refuses %j', (text) => {
    expect(() => parseServers(text)).toThrow(
      expect.toSatisfy((error) => isCachectlError(error, 'BAD_USAGE')),
    );
  });

  test.each(['memcached://:geheim@a', 'memcached://user%zz:geheim@a', 'memcached://geheim@a'])(
    'an error about credentials does not tell them: %s',
    (text) => {
      expect(() => parseServers(text)).toThrow(
        expect.toSatisfy((error: Error) => !error.message.includes('geheim')),
      );
    },
  );
});
