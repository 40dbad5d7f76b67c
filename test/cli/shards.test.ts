import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunResult } from '../../src/results/run-result.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { cachectl, type Ended } from './program.ts';

const SCENARIO = `
name: shared
kind: load
warmup: 100ms
duration: 1s
keyspace: { keys: 100, distribution: uniform }
values: { size: 64B }
operations: { get_or_load: 100% }
load: { model: open, rate: 300/s, connections: 6 }
variants: [{ id: redis, tiers: [redis] }]
gates: [errors == 0]
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cachectl-shards-'));
  writeFileSync(join(folder, 'shared.yaml'), SCENARIO);
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: readonly string[]): Promise<Ended> =>
  cachectl(args, { cwd: folder, env: { TMPDIR: folder } });

test('shards run side by side on the same servers, and are one result again', async () => {
  const server = await startRedis(process.env);
  try {
    const servers = ['--redis', server.url, '--database', `sqlite:${join(folder, 'origin.db')}`];
    const start = new Date(Date.now() + 6000).toISOString();
    const shards = await Promise.all(
      [1, 2, 3].map((i) =>
        run('bench', 'shared.yaml', '--shard', `${i}/3`, '--start-at', start, '--out', `s${i}`, ...servers),
      ),
    );
    // 6 where the machine was too busy for three generators: what is shared out and joined is the same
    for (const { code, stderr } of shards) expect([0, 6], stderr).toContain(code);
    const parts = [1, 2, 3].map((i) => read(`s${i}/shared.json`));
    const merged = await run('merge', 's1/shared.json', 's2/shared.json', 's3/shared.json', '--json');
    expect([0, 6]).toContain(merged.code);
    const whole = JSON.parse(merged.stdout) as RunResult & { verdict: { passed: boolean } };
    const metric = (result: RunResult, name: string): number =>
      result.variants[0]?.metrics[name] ?? Number.NaN;
    expect(metric(whole, 'operations')).toBe(
      parts.reduce((sum, part) => sum + metric(part, 'operations'), 0),
    );
    expect(metric(whole, 'offered_rate')).toBeCloseTo(300, 6);
    expect(parts.map((part) => metric(part, 'offered_rate'))).toEqual([100, 100, 100]);
    // they share what is cached: no key is loaded by each of them
    expect(metric(whole, 'origin.loads')).toBeLessThanOrEqual(100);
    expect(whole).toMatchObject({ outcome: 'complete', verdict: { passed: true } });
    expect(whole.shard).toBeUndefined();

    const twice = await run('merge', 's1/shared.json', 's2/shared.json', 's2/shared.json');
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('shard 2 of 3 is there twice')]);
    const missing = await run('merge', 's1/shared.json', 's3/shared.json');
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('shard 2 of 3 is missing')]);
  } finally {
    await server.stop();
  }
});

const read = (file: string): RunResult => JSON.parse(readFileSync(join(folder, file), 'utf8')) as RunResult;

test.each([
  [['--shard', '1/2'], '--shard needs --start-at'],
  [['--start-at', '2099-01-01T00:00:00Z'], '--start-at needs --shard'],
  [['--shard', '3/2', '--start-at', '2099-01-01T00:00:00Z'], 'such as 1/3'],
  [['--shard', '1/2', '--start-at', '2020-01-01T00:00:00Z'], 'is over'],
  [['--shard', '1/2', '--start-at', 'noon'], 'a time with its zone'],
])('%j is refused', async (flags, why) => {
  const { code, stderr } = await run('bench', 'shared.yaml', ...flags);
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
});

/** The manifests call the program with flags that it has. */
test.each(['kubernetes-job.yml', 'github-matrix.yml'])('%s', async (name) => {
  const text = readFileSync(new URL(`../../scenarios/distributed/${name}`, import.meta.url), 'utf8');
  expect(() => parse(text)).not.toThrow();
  const help = (await run('bench', '--help')).stdout;
  const flags = new Set(text.match(/(?<=\s)--(shard|start-at|out|redis|database)\b/g));
  expect(flags.size).toBeGreaterThanOrEqual(3);
  for (const flag of flags) expect(help).toContain(flag);
  expect(readdirSync(folder)).toEqual(['shared.yaml']);
});
