import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cachectl } from './program.ts';

const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cachectl-usage-test-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

describe('help and version', () => {
  test.each([['--version'], ['-V']])('%s', async (flag) => {
    expect(await cachectl([flag])).toMatchObject({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test.each([
    ['help', ['--help']],
    ['bench-help', ['bench', '--help']],
    ['scenarios-help', ['scenarios', '--help']],
    ['config-help', ['config', '--help']],
  ])('%s', async (golden, args) => {
    const { code, stdout, stderr } = await cachectl(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(`golden/${golden}.txt`);
  });
});

describe('bad usage is exit code 2, told on stderr alone', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
    ['no command', [], /no command given[\s\S]*hint:/],
    ['an unknown command', ['bnech'], /unknown command 'bnech'.*[Dd]id you mean bench/],
    ['an unknown flag', ['bench', '--raet', '5'], /unknown option '--raet'.*[Dd]id you mean --rate/],
    ['a duration without a unit', ['bench', '--duration', '5'], /--duration <time>.*'5'.*a time with a unit/],
    ['a rate that is none', ['bench', '--rate', 'fast'], /--rate <rate>.*operations per second/],
    ['a rate of 0', ['bench', '--rate', '0'], /--rate.*0/],
    ['an unknown scenario', ['bench', 'quickstrat'], /no scenario 'quickstrat', did you mean 'quickstart'/],
    ['an unknown driver', ['bench', '--driver', 'ioreds'], /unknown driver 'ioreds', did you mean 'ioredis'/],
    ['a pipeline of 0', ['bench', '--pipeline', '0'], /--pipeline: expected a whole number from 1 to 1000/],
    [
      'a pipeline in an open loop',
      ['bench', '--rate', '5', '--pipeline', '2'],
      /only a closed loop has a pipeline/,
    ],
    ['rounds of nothing', ['bench', '--rounds', '2'], /--rounds is only for --attribute[\s\S]*hint:/],
    ['a driver for all layers', ['bench', '--attribute', '--driver', 'raw'], /has a driver for each layer/],
    ['gates on layers', ['bench', '--attribute', '--gate', 'errors == 0'], /--gate judges variants/],
    [
      'no rounds',
      ['bench', '--attribute', '--rounds', '0'],
      /--rounds: expected a whole number from 1 to 1000/,
    ],
    ['an unknown format', ['bench', '--format', 'tabel'], /tabel.*table/],
    ['an unknown metric in a gate', ['bench', '--gate', 'latency.p98 < 5ms'], /latency\.p98.*latency\.p9/],
    ['a wrong unit in a gate', ['bench', '--gate', 'hit_ratio > 5ms'], /5ms/],
    ['an unknown variant in a gate', ['bench', '--gate', 'al:hit_ratio > 5%'], /'al'.*'all'/],
    ['a redis URL with another scheme', ['bench', '--redis', 'http://x'], /--redis.*redis:\/\//],
    ['a missing configuration', ['bench', '--config', 'none.yaml'], /none\.yaml.*does not exist/],
  ];
  test.each(cases)('%s', async (_what, args, said) => {
    const { code, stdout, stderr } = await cachectl(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ['a trace that is not there', 'trace: { file: none.csv }', /none\.csv: cannot be read/],
    [
      'more memory than any machine has',
      'instances: 1000\nkeyspace: { keys: 1000000000 }\ntiers: { l1: { max_entries: 100000000, max_size: 64GiB } }',
      /it takes [\d.]+ \w+ of memory \(1001 processes .*1000 L1s .*this machine has/,
    ],
  ])('%s is said before anything starts', async (_what, text, said) => {
    const path = file('heavy.yaml', `name: heavy\nkind: load\n${text}\n`);
    const { code, stdout, stderr } = await cachectl(['bench', path]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/starting servers/);
  });

  test.each([
    ['raw', 'kind: load\ntrace: { file: none.csv }', /'raw' cannot do the trace[\s\S]*can: engine, ioredis/],
    ['ioredis', 'kind: eviction\neviction: { tier: redis }', /kind eviction[\s\S]*can: engine$/m],
  ])('what %s cannot take its operations from', async (driver, text, said) => {
    const path = file(
      'source.yaml',
      `name: x\n${text}\n${text.includes('trace') ? 'variants: [{ id: a, tiers: [redis] }]\n' : ''}`,
    );
    const { code, stdout, stderr } = await cachectl(['bench', path, '--driver', driver]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });

  test('layers are not recorded', async () => {
    const { code, stderr } = await cachectl([
      'bench',
      'load',
      '--attribute',
      '--record',
      join(dir, 'run.csv'),
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--record and --attribute exclude each other/);
  });

  test('only the kind that replays is recorded', async () => {
    const { code, stderr } = await cachectl(['bench', 'stampede', '--record', join(dir, 'run.csv')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--record needs one scenario of kind: load/);
  });

  test.each([
    [
      'memjs',
      'get: 100%',
      '[l1, redis]',
      /'memjs' speaks to memcached[\s\S]*drivers that can: engine, raw, ioredis/,
    ],
    ['engine', 'incr: 100%', '[redis]', /'engine' cannot do 'incr'[\s\S]*drivers that can: raw, ioredis/],
  ])('a scenario that the driver %s cannot serve', async (driver, operations, tiers, said) => {
    const path = file(
      `${driver}.yaml`,
      `name: x\nkind: load\noperations: { ${operations} }\nvariants: [{ id: a, tiers: ${tiers} }]\n`,
    );
    const { code, stdout, stderr } = await cachectl(['bench', path, '--driver', driver]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });

  test('with --json the error is one JSON document', async () => {
    const { code, stdout, stderr } = await cachectl(['bench', 'nope', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'BAD_SCENARIO', message: expect.any(String), hint: expect.any(String) },
    });
  });

  test('a scenario with many mistakes: all at once, each with its place', async () => {
    const path = file(
      'bad.yaml',
      [
        'name: bad',
        'kind: laod',
        'duration: 5',
        'keyspace: { kyes: 10, distribution: zipf }',
        'operations: { get: 50%, set: 20% }',
        'variants: [{ id: a, title: A, tiers: [reddis] }]',
      ].join('\n'),
    );
    const { code, stderr } = await cachectl(['bench', path]);
    expect(code).toBe(2);
    for (const said of [
      /bad\.yaml:2:\d+.*kind.*'load'/,
      /bad\.yaml:3:\d+.*duration/,
      /bad\.yaml:4:\d+.*kyes.*'keys'/,
      /bad\.yaml:4:\d+.*zipfian/,
      /bad\.yaml:5.*70%/,
      /bad\.yaml:6:\d+.*'redis'/,
    ]) {
      expect(stderr).toMatch(said);
    }
  });

  test('an --out that cannot be written is said before anything starts', async () => {
    const path = file('a-file', '');
    const { code, stderr, ms } = await cachectl(['bench', '--out', path]);
    expect(code).toBe(2);
    expect(stderr).toContain(path);
    expect(ms).toBeLessThan(3000);
  });
});

describe('scenarios', () => {
  test('lists what is shipped, for people and as JSON', async () => {
    const { code, stdout } = await cachectl(['scenarios']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^quickstart +\d+ s {2}The same workload/m);
    const { stdout: json } = await cachectl(['scenarios', 'list', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      schema: 'cachectl.scenarios/1',
      scenarios: expect.arrayContaining([expect.objectContaining({ name: 'smoke/load', kind: 'load' })]),
    });
  });

  test('lists the published workloads, and what is not told of them', async () => {
    const { code, stdout } = await cachectl(['scenarios', 'presets']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^twitter\/cluster4 +zipfian 1\.1004 +keys 67 B .* misses 39\.4 % +getOrLoad 93\.0 %/m,
    );
    expect(stdout).toContain(
      'the size of keys is not given: 36 B, the median of the clusters: twitter/cluster5\n',
    );
    const { stdout: json } = await cachectl(['scenarios', 'presets', '--json']);
    const { schema, presets } = JSON.parse(json) as { schema: string; presets: readonly unknown[] };
    expect([schema, presets.length]).toEqual(['cachectl.presets/1', 55]);
  });

  test('shows one with its defaults', async () => {
    const { stdout } = await cachectl(['scenarios', 'show', 'smoke/load']);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'smoke/load',
      seed: 1,
      keyspace: { keys: 1000, distribution: 'zipfian' },
    });
  });

  test('checks files, gates too', async () => {
    const good = file('good.yaml', 'name: good\nkind: load\n');
    const bad = file('gate.yaml', 'name: bad\nkind: load\ngates: [latncy.p99 < 5ms]\n');
    expect(await cachectl(['scenarios', 'check', good])).toMatchObject({ code: 0, stdout: `${good}: ok\n` });
    const { code, stderr } = await cachectl(['scenarios', 'check', bad, good]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/gate\.yaml:3[\s\S]*latency\.p99/);
  });
});

describe('config show', () => {
  const SECRET = 'hunter2-canary';
  test('tells where each value comes from and hides secrets', async () => {
    const path = file(
      'cachectl.yaml',
      `default_profile: staging\nprofiles:\n  staging:\n    redis: redis://app:\${PW}@10.0.0.1:6379\n    memcached: 10.0.0.2:11211\n`,
    );
    const env = { PW: SECRET, CACHECTL_MEMCACHED: '10.9.9.9:11211' };
    const { code, stdout, stderr } = await cachectl(
      ['config', 'show', '--config', path, '--database', `postgres://u:${SECRET}@db/x`],
      { env },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^redis +redis:\/\/app:\*\*\*@10\.0\.0\.1:6379 +file, .*cachectl\.yaml:4 \(\$\{PW\}\)$/m,
    );
    expect(stdout).toMatch(/^memcached +10\.9\.9\.9:11211 +environment, CACHECTL_MEMCACHED$/m);
    expect(stdout).toMatch(/^database +postgres:\/\/u:\*\*\*@db\/x +flag, --database$/m);
    expect(stdout).toMatch(/ default$/m);
    expect(stdout).not.toContain(SECRET);
    const { stdout: json } = await cachectl(['config', 'show', '--json', '--config', path], { env });
    expect(JSON.parse(json)).toMatchObject({ schema: 'cachectl.config/1' });
    expect(json).not.toContain(SECRET);
  });
});
