import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CachectlError } from '../../../src/base/errors.ts';
import { type ConfigFile, loadConfig, parseConfig } from '../../../src/config/config-file.ts';
import type { Environment } from '../../../src/config/interpolate.ts';
import type { PolicySettings } from '../../../src/config/scenario.ts';
import { errorOf } from './error-of.ts';

const FILE = 'cachectl.yaml';

const failureOf = (text: string, env: Environment = {}): CachectlError =>
  errorOf(() => parseConfig(text, FILE, env), 'BAD_CONFIG');

const problemsOf = (text: string, env: Environment = {}): readonly string[] =>
  failureOf(text, env).problems.map(
    ({ line, column, key, message }) => `${line}:${column} ${key ?? ''}: ${message}`,
  );

test('an empty mapping gives every default', () => {
  expect(parseConfig('{}', FILE, {}).data).toEqual({
    defaultProfile: 'default',
    profiles: new Map(),
    tiers: {
      l1: { maxEntries: 100_000, maxBytes: 64 * 1024 ** 2, ttlMs: 60_000 },
      redis: { ttlMs: 900_000 },
      memcached: { ttlMs: 900_000 },
      database: { ttlMs: 3_600_000 },
    },
    policies: [],
  });
});

test('a profile holds addresses, protections and bounds', () => {
  const { profiles } = parseConfig(
    `profiles:
  production:
    redis: rediss://app@cache:6380
    protected: true
    deadline: 250ms
`,
    FILE,
    {},
  ).data;
  expect(profiles.get('production')).toEqual({
    redis: 'rediss://app@cache:6380',
    memcached: undefined,
    database: undefined,
    protected: true,
    readonly: false,
    deadlineMs: 250,
    connectTimeoutMs: 3000,
  });
});

const policyOf = (text: string): PolicySettings | undefined =>
  parseConfig(`tiers: { l1: { ttl: 2m }, database: { ttl: 3h } }\npolicies:\n  customer: ${text}\n`, FILE, {})
    .data.policies[0];

describe('policies', () => {
  test('only the key must be given', () => {
    expect(policyOf("{ key: 'customer:360:{customer_id}' }")).toEqual({
      name: 'customer',
      key: 'customer:360:{customer_id}',
      tiers: ['redis'],
      ttlMs: { redis: 900_000 },
      strategy: 'cache-aside',
      invalidation: 'time',
      on: [],
      tags: [],
      sliding: false,
    });
  });

  test.for<[ttl: string, l1: number, redis: number]>([
    ['', 120_000, 900_000],
    ['ttl: 24h,', 120_000, 86_400_000],
    ['ttl: 30s,', 30_000, 30_000],
    ['ttl: { l1: 10m },', 600_000, 900_000],
    ['ttl: { redis: 1h },', 120_000, 3_600_000],
  ])('time to live with %o', ([ttl, l1, redis]) => {
    expect(policyOf(`{ ${ttl} key: k, tiers: [l1, redis] }`)?.ttlMs).toEqual({ l1, redis });
  });

  test('events make it event-driven', () => {
    expect(policyOf('{ key: k, on: [stock.changed] }')).toMatchObject({
      invalidation: 'event',
      on: ['stock.changed'],
    });
  });

  test.for<[what: string, text: string, problem: string]>([
    [
      'no key',
      '{ ttl: 5s }',
      "customer.key: expected a key pattern, such as 'customer:{customer_id}'; the key is missing",
    ],
    ['brace not closed', "{ key: 'a:{b' }", 'customer.key: expected a key pattern without spaces'],
    ['no tier', '{ key: k, tiers: [] }', 'customer.tiers: expected at least one tier; found an empty list'],
    [
      'strategy',
      '{ key: k, strategy: write-thru }',
      "or counter; found 'write-thru', did you mean 'write-through'?",
    ],
    [
      'ttl',
      '{ key: k, ttl: 5 }',
      'customer.ttl: expected a duration with a unit, such as 15m, or one for each tier',
    ],
    [
      'ttl text',
      '{ key: k, ttl: 5x }',
      "customer.ttl: expected a duration with a unit (ms, s, m, h or d), such as 250ms, 2s or 1h30m; found '5x'",
    ],
    [
      'ttl of an unknown tier',
      '{ key: k, ttl: { radis: 5s } }',
      "customer.ttl.radis: unknown key 'radis', did you mean 'redis'?",
    ],
    [
      'ttl of a tier not used',
      '{ key: k, ttl: { l1: 5s } }',
      "customer.ttl.l1: the policy does not use the tier 'l1'",
    ],
    [
      'event without events',
      '{ key: k, invalidation: event }',
      'customer.invalidation: invalidation by event needs the events in on',
    ],
    [
      'events without event',
      '{ key: k, invalidation: time, on: [a] }',
      'customer.on: events need invalidation: event',
    ],
    ['tag', "{ key: 'k:{a}', tags: ['t:{a}', 't:{b}'] }", 'customer.tags[1]: {b} is no parameter of key'],
    [
      'counter',
      '{ key: k, strategy: counter, tiers: [l1, redis] }',
      'customer.tiers: a counter needs exactly one tier',
    ],
  ])('wrong: %s', ([, text, problem]) => {
    const problems = problemsOf(`policies:\n  customer: ${text}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

const at = (file: ConfigFile, profile: string, key: string): unknown => file.at(['profiles', profile, key]);

describe('variables of the environment', () => {
  const text = `default_profile: \${PROFILE:-local}
profiles:
  local: { redis: 'redis://\${HOST:-localhost}:6379' }
  production:
    redis: rediss://app:\${PASSWORD}@cache:6380
    database: \${DATABASE}
`;
  test('are filled in, and their place is kept; what may be secret is not shown', () => {
    const env = { PASSWORD: 'hunter2', DATABASE: 'postgres://u:hunter3@db/app', PROFILE: 'production' };
    const file = parseConfig(text, FILE, env);
    expect(file.data.defaultProfile).toBe('production');
    expect(file.data.profiles.get('local')?.redis).toBe('redis://localhost:6379');
    expect(file.data.profiles.get('production')?.redis).toBe('rediss://app:hunter2@cache:6380');
    expect(at(file, 'production', 'redis')).toEqual({
      where: 'cachectl.yaml:5 (${PASSWORD})',
      text: 'rediss://app:***@cache:6380',
    });
    expect(at(file, 'production', 'database')).toEqual({
      where: 'cachectl.yaml:6 (${DATABASE})',
      text: 'postgres://u:***@db/app',
    });
    expect(at(file, 'production', 'memcached')).toBeUndefined();
  });

  test('that are not set are a problem of the address that needs them, not of the file', () => {
    const file = parseConfig(text, FILE, {});
    expect(at(file, 'local', 'redis')).not.toHaveProperty('problem');
    expect(at(file, 'production', 'redis')).toMatchObject({
      problem: {
        file: FILE,
        line: 5,
        column: 12,
        key: 'profiles.production.redis',
        message: 'the environment variable PASSWORD is not set',
      },
    });
  });

  test('that are not set elsewhere are a problem of the file, told once', () => {
    expect(problemsOf("profiles: { a: { deadline: '${D}' } }\npolicies: { p: { key: '${K}' } }\n")).toEqual([
      '1:28 profiles.a.deadline: the environment variable D is not set',
      '2:23 policies.p.key: the environment variable K is not set',
    ]);
  });

  test('may be shared by an alias', () => {
    const file = parseConfig("profiles:\n  a: { redis: &url '${URL}' }\n  b: { redis: *url }\n", FILE, {
      URL: 'redis://h:1',
    });
    expect(file.data.profiles.get('b')?.redis).toBe('redis://h:1');
    expect(at(file, 'b', 'redis')).toMatchObject({ where: 'cachectl.yaml:2 (${URL})' });
  });

  test('never show their values in a message, even where they are wrong', () => {
    const env = { SECRET: 'hunter2' };
    const wrong = `default_profile: '\${SECRET} x'
profiles: { a: { redis: '\${SECRET}', database: 'mysql://u:\${SECRET}@h', deadline: '\${SECRET}' } }
tiers: { l1: { ttl: '\${SECRET}' } }
policies: { p: { key: 'a b \${SECRET}', tags: ['\${SECRET} {x}'] } }
`;
    const { message, hint, problems } = failureOf(wrong, env);
    expect(problems.length).toBeGreaterThanOrEqual(6);
    expect(JSON.stringify([message, hint, problems])).not.toContain('hunter2');
  });
});

test.for([
  ['a flow mapping that ended', "profiles:\n  a: { redis: x } 'redis://u:hunter2@h'\n"],
  ['a stray bracket', '{}\n]hunter2'],
  ['a block scalar', 'default_profile: |hunter2\n  x'],
] as const)('a syntax error does not quote what may be a password: %s', ([, text]) => {
  const error = failureOf(text);
  expect(JSON.stringify([error.message, error.problems])).not.toContain('hunter2');
});

test('all problems at once, addresses among them', () => {
  const text = `default_profil: a
profiles:
  Local: {}
  a: { redis: 'localhost:6379', memcached: a, readonly: yes, redsi: x }
tiers: { redis: { ttl: 30, max_memory: 64MiB } }
`;
  expect(problemsOf(text)).toEqual([
    "1:1 default_profil: unknown key 'default_profil', did you mean 'default_profile'?",
    "3:3 profiles.Local: expected a name of a-z, 0-9, - and _; found 'Local'",
    expect.stringContaining('4:15 profiles.a.redis: expected redis://[user:password@]host:port[/db]'),
    expect.stringContaining('the port is missing, the usual one is 11211'),
    "4:57 profiles.a.readonly: expected true or false; found 'yes'",
    "4:62 profiles.a.redsi: unknown key 'redsi', did you mean 'redis'?",
    expect.stringContaining('tiers.redis.ttl: expected a duration'),
    "5:28 tiers.redis.max_memory: unknown key 'max_memory'; the keys here are ttl",
  ]);
});

describe('finding the file', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'config-file-'));
    await writeFile(join(dir, 'other.yaml'), 'default_profile: other\nprofiles: { other: {} }\n');
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('none is fine, unless it was named', async () => {
    await expect(loadConfig({ cwd: dir, env: {} })).resolves.toBeUndefined();
    await expect(loadConfig({ cwd: dir, env: {}, path: 'no.yaml' })).rejects.toThrow(
      "'no.yaml' (from --config) does not exist",
    );
    await expect(loadConfig({ cwd: dir, env: { CACHECTL_CONFIG: 'no.yaml' } })).rejects.toThrow(
      '(from CACHECTL_CONFIG)',
    );
    await expect(loadConfig({ cwd: dir, env: {}, path: '.' })).rejects.toThrow('cannot be read');
  });

  test('--config, then CACHECTL_CONFIG, then cachectl.yaml', async () => {
    const env = { CACHECTL_CONFIG: 'other.yaml' };
    expect((await loadConfig({ cwd: dir, env }))?.file).toBe('other.yaml');
    await writeFile(join(dir, 'cachectl.yaml'), '{}');
    expect((await loadConfig({ cwd: dir, env: { CACHECTL_CONFIG: '' } }))?.file).toBe('cachectl.yaml');
    expect((await loadConfig({ cwd: dir, env, path: 'cachectl.yaml' }))?.file).toBe('cachectl.yaml');
  });
});
