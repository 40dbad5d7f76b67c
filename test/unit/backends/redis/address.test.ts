import { describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../../../src/backends/redis/address.ts';
import { isCachectlError } from '../../../../src/base/errors.ts';
import { messageOf } from '../../../../src/base/errors.ts';

const CANARY = 's3cret';

describe('parseRedisUrl', () => {
  test.each([
    ['redis://localhost', { host: 'localhost', port: 6379 }, 0, 'redis://localhost:6379'],
    ['redis://10.0.0.1:7000/3', { host: '10.0.0.1', port: 7000 }, 3, 'redis://10.0.0.1:7000/3'],
    ['redis://[::1]:7000/', { host: '::1', port: 7000 }, 0, 'redis://[::1]:7000'],
    [
      'redis+unix:///run/my%20redis.sock',
      { path: '/run/my redis.sock' },
      0,
      'redis+unix:///run/my redis.sock',
    ],
    ['redis+unix:///run/r.sock?db=2', { path: '/run/r.sock' }, 2, 'redis+unix:///run/r.sock?db=2'],
  ])('%s', (url, socket, db, shown) => {
    const address = parseRedisUrl(url);
    expect(address).toMatchObject({ socket, db, shown });
    expect(address.tls).toBeUndefined();
    expect(address.password).toBeUndefined();
  });

  test.each([
    [`redis://ann:${CANARY}%2F@h`, 'ann', `${CANARY}/`, 'redis://ann:***@h:6379'],
    [`redis://:${CANARY}@h`, undefined, CANARY, 'redis://:***@h:6379'],
    [`redis+unix://ann:${CANARY}@/r.sock`, 'ann', CANARY, 'redis+unix://ann:***@/r.sock'],
  ])('credentials are decoded, and never shown: %s', (url, username, password, shown) => {
    expect(parseRedisUrl(url)).toMatchObject({ username, password, shown });
  });

  test('rediss:// is encrypted, with or without options', () => {
    expect(parseRedisUrl('rediss://h').tls).toEqual({});
    expect(parseRedisUrl('rediss://h', { ca: 'pem' })).toMatchObject({
      tls: { ca: 'pem' },
      shown: 'rediss://h:6379',
    });
  });

  test.each([
    ['http://h', 'begin'],
    ['h:6379', 'begin'],
    ['redis://', 'host'],
    [`redis://:${CANARY}#@h`, 'host'],
    [`redis://u:${CANARY}/x@h`, 'host'],
    [`redis://u:12#${CANARY}@h`, 'after'],
    [`redis://u:12?${CANARY}@h`, 'after'],
    [`redis://u:12/${CANARY}@h`, 'path'],
    [`redis://u:%${CANARY}%@h`, '%'],
    ['redis+unix://run/r.sock', 'form'],
    ['redis://h/one', 'path'],
  ])('%s is refused without quoting it', (url, about) => {
    let error: unknown;
    try {
      parseRedisUrl(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(isCachectlError(error, 'BAD_USAGE')).toBe(true);
    expect(messageOf(error)).toContain(about);
    expect(messageOf(error)).not.toContain(CANARY);
  });

  test('TLS options without encryption are refused', () => {
    expect(() => parseRedisUrl('redis://h', { ca: 'pem' })).toThrow('not encrypted');
  });
});
