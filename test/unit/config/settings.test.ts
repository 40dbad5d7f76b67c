import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/config-file.ts';
import { describeSettings } from '../../../src/config/describe-settings.ts';
import type { Environment } from '../../../src/config/interpolate.ts';
import { resolveSettings, type SettingFlags, type Settings } from '../../../src/config/settings.ts';
import { errorOf } from './error-of.ts';

const TEXT = `default_profile: local
profiles:
  local:
    redis: redis://file:6379
    memcached: file:11211
  production:
    redis: rediss://app:\${PASSWORD}@cache:6380
    protected: true
    deadline: 200ms
tiers: { redis: { ttl: 30m } }
policies:
  customer: { key: 'customer:{id}', tiers: [l1, redis], ttl: { redis: 1h }, on: [changed, '\${SECRET:-x}'] }
`;

function resolve(flags: SettingFlags = {}, env: Environment = {}, text: string | undefined = TEXT): Settings {
  const file = text === '' ? undefined : parseConfig(text, 'cachectl.yaml', env);
  return resolveSettings({ flags, env, file });
}

test('flag before environment before file before default, each with where it is from', () => {
  const env = { CACHECTL_REDIS_URL: 'redis://env:6379' };
  expect(resolve({ redis: 'redis://flag:6379' }, env).redis).toEqual({
    value: 'redis://flag:6379',
    from: 'flag',
    where: '--redis',
    text: 'redis://flag:6379',
  });
  expect(resolve({}, env).redis).toMatchObject({
    value: 'redis://env:6379',
    from: 'environment',
    where: 'CACHECTL_REDIS_URL',
  });
  expect(resolve().redis).toMatchObject({
    value: 'redis://file:6379',
    from: 'file',
    where: 'cachectl.yaml:4',
  });
  expect(resolve({}, {}, '').redis).toEqual({
    value: undefined,
    from: 'default',
    where: 'built in',
    text: '',
  });
});

test('all three services have their variable; an empty one counts as unset', () => {
  const env = {
    CACHECTL_REDIS_URL: '',
    CACHECTL_MEMCACHED: 'env:11211',
    CACHECTL_DATABASE_URL: 'postgres://u:hunter2@env/app',
  };
  const { redis, memcached, database } = resolve({}, env);
  expect(redis.from).toBe('file');
  expect(memcached.value).toBe('env:11211');
  expect(database).toMatchObject({ value: 'postgres://u:hunter2@env/app', text: 'postgres://u:***@env/app' });
});

test('the password of a flag is used, not shown', () => {
  expect(resolve({ redis: 'redis://u:hunter2@flag:1' }).redis).toMatchObject({
    value: 'redis://u:hunter2@flag:1',
    text: 'redis://u:***@flag:1',
  });
});

describe('the profile', () => {
  const env = { PASSWORD: 'hunter2' };
  test('decides which servers, and whether they are protected', () => {
    const settings = resolve({ profile: 'production' }, env);
    expect(settings.redis).toEqual({
      value: 'rediss://app:hunter2@cache:6380',
      from: 'file',
      where: 'cachectl.yaml:7 (${PASSWORD})',
      text: 'rediss://app:***@cache:6380',
    });
    expect(settings.memcached.value).toBeUndefined();
    expect(settings.protected).toMatchObject({ value: true, where: 'cachectl.yaml:8' });
    expect(settings.readonly).toMatchObject({ value: false, from: 'default' });
    expect(settings.deadlineMs).toMatchObject({ value: 200, text: '200ms' });
    expect(settings.connectTimeoutMs).toMatchObject({ value: 3000, text: '3s', from: 'default' });
  });

  test('is chosen by flag, variable, default_profile, or is the one called default', () => {
    expect(resolve({ profile: 'local' }, { ...env, CACHECTL_PROFILE: 'production' }).profile.where).toBe(
      '--profile',
    );
    expect(resolve({}, { ...env, CACHECTL_PROFILE: 'production' }).profile.value).toBe('production');
    expect(resolve().profile).toMatchObject({ value: 'local', from: 'file', where: 'cachectl.yaml:1' });
    const text = 'profiles: { default: { memcached: "a:1" } }';
    expect(resolve({}, {}, text)).toMatchObject({
      profile: { value: 'default', from: 'default' },
      memcached: { value: 'a:1' },
    });
    expect(resolve({}, {}, 'profiles: { other: {} }').profile.value).toBeUndefined();
  });

  test('must exist', () => {
    const unknown = errorOf(() => resolve({ profile: 'prodution' }));
    expect(unknown.code).toBe('BAD_USAGE');
    expect(unknown.message).toBe(
      "cachectl.yaml has no profile 'prodution' (from --profile), did you mean 'production'?",
    );
    expect(unknown.hint).toBe('the profiles are local, production');
    expect(errorOf(() => resolve({}, { CACHECTL_PROFILE: 'x' }, '')).message).toContain(
      '(from CACHECTL_PROFILE)',
    );
    const inFile = errorOf(() => resolve({}, {}, 'default_profile: b\nprofiles: { a: {} }'));
    expect(inFile.code).toBe('BAD_CONFIG');
    expect(inFile.message).toContain("cachectl.yaml:1: default_profile: there is no profile 'b'");
  });
});

test('an unset variable matters only where it is used', () => {
  expect(resolve({ profile: 'local' }).redis.value).toBe('redis://file:6379');
  expect(resolve({ profile: 'production', redis: 'redis://flag:1' }).redis.value).toBe('redis://flag:1');
  const error = errorOf(() => resolve({ profile: 'production' }));
  expect(error.code).toBe('BAD_CONFIG');
  expect(error.message).toBe(
    'cachectl.yaml:7:12: profiles.production.redis: the environment variable PASSWORD is not set',
  );
});

test('malformed addresses of flags and variables are told at once, without passwords', () => {
  const error = errorOf(() => resolve({ redis: 'u:hunter2@h' }, { CACHECTL_MEMCACHED: 'memcached://x' }));
  expect(error.code).toBe('BAD_USAGE');
  expect(error.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^--redis: .*found '\*\*\*@h': the scheme is missing, write redis:\/\/ before it$/),
    expect.stringMatching(/^CACHECTL_MEMCACHED: .*leave out 'memcached:\/\/'$/),
  ]);
});

describe('the description', () => {
  const env = { PASSWORD: 'hunter2', SECRET: 'hunter3', CACHECTL_DATABASE_URL: 'postgres://u:hunter4@h/d' };
  const lines = describeSettings(resolve({ profile: 'production' }, env));
  const lineOf = (name: string): unknown => lines.find((line) => line.name === name);

  test('has one line for each setting, with value and provenance', () => {
    expect(lines.map(({ name }) => name)).toHaveLength(new Set(lines.map(({ name }) => name)).size);
    expect(lineOf('tiers.redis.ttl')).toEqual({
      name: 'tiers.redis.ttl',
      value: '30m',
      from: 'file',
      where: 'cachectl.yaml:10',
    });
    expect(lineOf('tiers.l1.max_size')).toMatchObject({ value: '64MiB', from: 'default', where: 'built in' });
    expect(lineOf('policies.customer.tiers')).toMatchObject({ value: 'l1, redis', from: 'file' });
    expect(lineOf('policies.customer.ttl')).toMatchObject({ value: 'l1 1m, redis 1h', from: 'file' });
    expect(lineOf('policies.customer.sliding')).toMatchObject({ value: 'false', from: 'default' });
    expect(lineOf('policies.customer.on')).toMatchObject({
      value: 'changed, ${SECRET:-x}',
      where: 'cachectl.yaml:12 (${SECRET})',
    });
  });

  test('shows no secret', () => {
    expect(JSON.stringify(lines)).not.toMatch(/hunter/);
  });
});
