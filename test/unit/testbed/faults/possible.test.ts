import { describe, expect, test } from 'vitest';
import { DEFAULT_ENGINE } from '../../../../src/config/engine-schema.ts';
import type { Fault, Variant } from '../../../../src/config/scenario.ts';
import { checkFaultsPossible } from '../../../../src/testbed/faults/possible.ts';
import { wayTo } from '../../../../src/testbed/faults/way.ts';
import type { Target } from '../../../../src/testbed/target.ts';

const variantWith = (fault: Fault): Variant => ({
  id: `${fault.tier}-${fault.kind}`,
  title: '',
  tiers: ['redis', 'memcached'],
  engine: DEFAULT_ENGINE,
  fault,
});

describe('faults on a target', () => {
  const GIVEN: Target = {
    redis: 'redis://r:6379',
    memcached: 'm:11211',
    database: 'postgres://u@p:5432/d',
  };
  test.each<readonly [Fault['tier'], Fault['kind'], Target]>([
    ['redis', 'kill', {}],
    ['memcached', 'stop', { redis: 'redis://r' }],
    ['redis', 'partition', GIVEN],
    ['memcached', 'refuse', GIVEN],
    ['database', 'slow', GIVEN],
  ])('%s: %s is possible', (tier, kind, target) => {
    expect(() => checkFaultsPossible([variantWith({ tier, kind })], target)).not.toThrow();
  });

  test.each<readonly [Fault['tier'], Fault['kind'], Target, RegExp]>([
    [
      'redis',
      'stop',
      GIVEN,
      /variant 'redis-stop': redis is given, and 'stop' is only for servers that the run/,
    ],
    ['memcached', 'kill', GIVEN, /memcached is given, and 'kill'/],
    ['database', 'kill', GIVEN, /database is given/],
    ['database', 'slow', {}, /embedded database.*has no server/],
    ['database', 'kill', { database: 'sqlite:/tmp/x.db' }, /embedded database/],
    ['memcached', 'slow', { memcached: 'a:1,b:2' }, /several Memcached servers/],
    ['redis', 'slow', { redis: 'rediss://r' }, /TLS/],
    ['database', 'slow', { database: 'postgres://p/d?sslmode=verify-full' }, /certificate/],
  ])('%s: %s is not', (tier, kind, target, why) => {
    const check = (): void => checkFaultsPossible([variantWith({ tier, kind })], target);
    expect(check).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED', exitCode: 2 }));
    expect(check).toThrow(why);
  });

  test('all variants are told at once', () => {
    const variants = (['stop', 'slow', 'kill'] as const).map((kind) => variantWith({ tier: 'redis', kind }));
    expect(() => checkFaultsPossible(variants, GIVEN)).toThrow(
      expect.objectContaining({ problems: [expect.anything(), expect.anything()] }),
    );
  });
});

test.each([
  ['redis', 'redis://u:p%40ss@host:7000/3', { host: 'host', port: 7000 }, 'redis://u:p%40ss@127.0.0.1:99/3'],
  ['redis', 'redis://:secret@host', { host: 'host', port: 6379 }, 'redis://:secret@127.0.0.1:99/0'],
  ['redis', 'redis+unix:///run/r.sock?db=2', { path: '/run/r.sock' }, 'redis://127.0.0.1:99/2'],
  ['memcached', 'host', { host: 'host', port: 11211 }, '127.0.0.1:99'],
  ['memcached', 'unix:/run/m.sock', { path: '/run/m.sock' }, '127.0.0.1:99'],
  ['memcached', 'memcached://u:p%3As@host:1', { host: 'host', port: 1 }, 'memcached://u:p%3As@127.0.0.1:99'],
  ['database', 'postgres://u:p@host:5433/d', { host: 'host', port: 5433 }, 'postgres://u:p@127.0.0.1:99/d'],
  [
    'database',
    'postgres://u@localhost/d?host=%2Frun%2Fpg',
    { path: '/run/pg/.s.PGSQL.5432' },
    'postgres://u@127.0.0.1:99/d',
  ],
] as const)('the way to %s %s', (service, url, server, through) => {
  const way = wayTo(service, url);
  expect(way.server).toEqual(server);
  expect(way.through(99)).toBe(through);
});
