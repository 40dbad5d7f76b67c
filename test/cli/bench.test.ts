import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSqlDatabase } from '../../src/backends/database/open.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort, type PrivateServer } from '../../src/testbed/servers/server.ts';
import type { RunResult } from '../../src/results/run-result.ts';
import type { Verdict } from '../../src/gate/verdict.ts';
import { eventually } from '../contract/tier-contract.ts';
import { cachectl as runProgram, type Ended, processesWith, PROGRAM, type RunOptions } from './program.ts';

const SMOKE = ['bench', 'smoke/load'];

/** The programs of a test have a temporary folder of their own, so that whatever they leave is seen. */
let temporary = '';
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'cachectl-cli-'));
});
afterEach(async () => {
  await eventually(async () => {
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesWith(temporary)).toEqual([]);
  });
  rmSync(temporary, { recursive: true });
});

const cachectl = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  runProgram(args, { ...options, env: { TMPDIR: temporary, ...options.env } });

describe('bench', () => {
  test('runs on private servers, reports as JSON, and leaves nothing', async () => {
    const { code, stdout } = await cachectl([...SMOKE, '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as RunResult & { verdict: Verdict };
    expect(result).toMatchObject({
      schema: 'cachectl.bench/1',
      outcome: 'complete',
      verdict: { passed: true },
    });
    expect(result.variants.map(({ id }) => id)).toEqual(['none', 'all']);
    expect(result.environment.servers.map(({ product }) => product).toSorted()).toEqual([
      'memcached',
      'redis',
      'sqlite',
      'sqlite',
    ]);
    const [none, all] = result.variants;
    expect(none?.metrics).toMatchObject({ hit_ratio: 0, errors: 0 });
    expect(all?.metrics['hit_ratio']).toBeGreaterThan(0.3);
    expect(all?.metrics['origin.loads']).toBeLessThan(none?.metrics['origin.loads'] ?? 0);
    for (const metric of [
      'throughput',
      'latency.p50',
      'latency.p99',
      'latency.p999',
      'service_latency.p99',
      'l1.hit_ratio',
      'memory.l1.bytes',
      'memory.redis.bytes',
      'memory.memcached.bytes',
      'event_loop.utilization',
    ]) {
      expect(all?.metrics[metric], metric).toBeGreaterThan(0);
    }
    expect(all?.histograms['latency']).toMatch(/^HISTF/);
  });

  test('reports as a table that fits a narrow terminal, without colour in a pipe', async () => {
    const { code, stdout, stderr } = await cachectl([...SMOKE], { env: { COLUMNS: '60' } });
    expect(code).toBe(0);
    expect(stdout).toContain('all tiers');
    expect(stdout + stderr).not.toMatch(/\u001b/);
    for (const line of stdout.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(60);
  });

  test('an open loop keeps its rate', async () => {
    const { code, stdout } = await cachectl(['bench', 'smoke/open', '--json']);
    const result = JSON.parse(stdout) as RunResult;
    expect(code).toBe(0);
    for (const { metrics } of result.variants) {
      expect(metrics['offered_rate']).toBe(500);
      expect(metrics['operations']).toBeGreaterThan(250);
    }
  });

  test('gates decide the exit code', async () => {
    const passing = await cachectl([...SMOKE, '--gate', 'hit_ratio > 1%', '--gate', 'none:hit_ratio == 0%']);
    expect(passing.code).toBe(0);
    const failing = await cachectl([
      ...SMOKE,
      '--gate',
      'latency.p50 < 1ns',
      '--gate',
      'hit_ratio > 1%',
      '--json',
    ]);
    expect(failing.code).toBe(3);
    const { verdict } = JSON.parse(failing.stdout) as { verdict: Verdict };
    expect(verdict.gates.map(({ passed }) => passed)).toEqual([false, true]);
  });

  test('the bare driver, and --out', async () => {
    const out = mkdtempSync(join(tmpdir(), 'cachectl-out-test-'));
    const { code } = await cachectl([...SMOKE, '--driver', 'ioredis', '--out', out]);
    expect(code).toBe(0);
    const [name = ''] = readdirSync(out);
    const written = JSON.parse(readFileSync(join(out, name), 'utf8')) as RunResult;
    expect(written.variants.map(({ id }) => id)).toEqual(['ioredis']);
    expect(readdirSync(out)).toHaveLength(1);
    rmSync(out, { recursive: true });
  });

  test.each([
    ['raw', ['raw-redis', 'raw-memcached']],
    ['memjs', ['memjs']],
  ])('--driver %s measures the servers of the scenario', async (driver, ids) => {
    const { code, stdout } = await cachectl([...SMOKE, '--driver', driver, '--pipeline', '3', '--json']);
    expect(code).toBe(0);
    const { variants, scenario, verdict } = JSON.parse(stdout) as RunResult & { verdict: Verdict };
    expect(variants.map(({ id }) => id)).toEqual(ids);
    expect(scenario.load).toEqual({ model: 'closed', connections: 10, pipeline: 3 });
    expect(verdict.passed).toBe(true);
    for (const { metrics, driver: used } of variants) {
      expect(used).toBe(driver);
      expect(metrics['errors']).toBe(0);
      expect(metrics['hit_ratio']).toBeGreaterThan(0.3);
      expect(metrics['cpu.per_operation']).toBeGreaterThan(0);
    }
  });

  test('--attribute takes the layers apart, round by round', async () => {
    const flags = ['--attribute', '--rounds', '2', '--duration', '150ms', '--json'];
    const { code, stdout } = await cachectl([...SMOKE, ...flags]);
    expect(code).toBe(0);
    const { attribution, variants } = JSON.parse(stdout) as RunResult;
    expect(attribution?.layers.map(({ driver, tiers }) => `${driver} ${tiers.join('+')}`)).toEqual([
      'raw redis',
      'ioredis redis',
      'engine redis',
      'engine l1+redis',
      'engine l1+redis+memcached+database',
    ]);
    expect(variants).toHaveLength(10);
    for (const [index, { figures, added }] of attribution?.layers.entries() ?? []) {
      for (const metric of ['latency.p50', 'latency.p99', 'cpu.per_operation']) {
        expect(figures[metric]?.median, metric).toBeGreaterThan(0);
        expect(metric in added, metric).toBe(index > 0);
      }
    }
  });

  test('--attribute as a table fits a narrow terminal', async () => {
    const { code, stdout } = await cachectl(
      [...SMOKE, '--attribute', '--rounds', '1', '--duration', '100ms'],
      {
        env: { COLUMNS: '60' },
      },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('ioredis, Redis');
    expect(stdout).toMatch(/CPU by operation/);
    for (const line of stdout.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(60);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: finishes what is at hand, reports it, exit code %i', async (signal, expected) => {
    const { code, stdout, ms } = await cachectl([...SMOKE, '--duration', '30s', '--json'], {
      when: { stderr: /starting/, act: (pid) => setTimeout(() => process.kill(pid, signal), 2000) },
    });
    expect(code).toBe(expected);
    expect(ms).toBeLessThan(10_000);
    const result = JSON.parse(stdout) as RunResult;
    expect(result.outcome).toBe('interrupted');
    expect(result.variants[0]?.metrics['operations']).toBeGreaterThan(0);
  });

  test('a second Ctrl-C leaves at once', async () => {
    const { code, ms } = await cachectl([...SMOKE, '--duration', '30s'], {
      when: {
        stderr: /starting/,
        act: (pid) => {
          setTimeout(() => process.kill(pid, 'SIGINT'), 1000);
          setTimeout(() => process.kill(pid, 'SIGINT'), 1010);
        },
      },
    });
    expect(code).toBe(130);
    expect(ms).toBeLessThan(6000);
  });

  test('killed with SIGKILL: its servers end and their files go', async () => {
    let during: readonly string[] = [];
    await cachectl([...SMOKE, '--duration', '30s'], {
      when: {
        stderr: /starting/,
        act: (pid) =>
          setTimeout(() => {
            during = readdirSync(temporary);
            process.kill(pid, 'SIGKILL');
          }, 1500),
      },
    });
    expect(during.length).toBeGreaterThanOrEqual(3);
  });

  test('a reader that stops reading is no error', () => {
    const { status, stderr } = spawnSync('/bin/bash', [
      '-c',
      `set -o pipefail; "${process.execPath}" "${PROGRAM}" bench smoke/load --json | head -c 10 >/dev/null`,
    ]);
    expect(stderr.toString()).not.toMatch(/EPIPE|at /);
    expect(status).toBe(0);
  });
});

describe('bench on given servers', () => {
  let redis: PrivateServer;
  let memcached: PrivateServer;
  beforeAll(async () => {
    redis = await startRedis(process.env, { listen: await freePort() });
    memcached = await startMemcached(process.env, { listen: await freePort() });
  });
  afterAll(async () => {
    await redis.stop();
    await memcached.stop();
  });

  test('touches nothing outside its own keys and takes those away', async () => {
    const client = new Redis(redis.url);
    await client.set('mine', 'untouched');
    const { code, stdout } = await cachectl([
      ...SMOKE,
      '--redis',
      redis.url,
      '--memcached',
      memcached.url,
      '--json',
    ]);
    expect(code).toBe(0);
    const { environment } = JSON.parse(stdout) as RunResult;
    expect(
      environment.servers
        .filter((server) => server.private)
        .map(({ role }) => role)
        .toSorted(),
    ).toEqual(['database', 'origin']);
    expect(await client.keys('*')).toEqual(['mine']);
    expect(await client.get('mine')).toBe('untouched');
    await client.quit();
  });

  test('so it does in a database', async () => {
    const postgres = await startPostgres(process.env);
    const sql = await openSqlDatabase({ url: postgres.url });
    await sql.query('CREATE TABLE mine (id integer)');
    const { code, stdout } = await cachectl([...SMOKE, '--database', postgres.url, '--json']);
    expect(code).toBe(0);
    const { environment, variants } = JSON.parse(stdout) as RunResult;
    expect(environment.servers.find(({ role }) => role === 'origin')).toMatchObject({
      product: 'postgresql',
      private: false,
    });
    expect(variants.at(-1)?.metrics['errors']).toBe(0);
    const tables = await sql.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    expect(tables).toEqual([{ tablename: 'mine' }]);
    await sql.close();
    await postgres.stop();
  });

  test('interrupted, it takes its keys away all the same', async () => {
    const client = new Redis(redis.url);
    await client.flushall();
    let during = 0;
    const interrupt = async (pid: number): Promise<void> => {
      await eventually(async () => {
        during = await client.dbsize();
        expect(during).toBeGreaterThan(100);
      });
      process.kill(pid, 'SIGINT');
    };
    const { code } = await cachectl(['bench', 'load', '--duration', '30s', '--redis', redis.url], {
      when: { stderr: /starting/, act: (pid) => void interrupt(pid) },
    });
    expect(code).toBe(130);
    expect(during).toBeGreaterThan(100);
    expect(await client.keys('*')).toEqual([]);
    await client.quit();
  });
});

describe('servers that fail', () => {
  const PASSWORD = 'canary-pw-77';

  async function expectUnreachable(args: readonly string[], said: RegExp): Promise<void> {
    const { code, stdout, stderr, ms } = await cachectl([...SMOKE, ...args]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(ms).toBeLessThan(5000);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/hint: /);
    expect(stderr).not.toContain(PASSWORD);
  }

  test('nobody listens', async () => {
    const port = await freePort();
    await expectUnreachable(
      ['--redis', `redis://u:${PASSWORD}@127.0.0.1:${port}`],
      new RegExp(`127\\.0\\.0\\.1:${port}`),
    );
    await expectUnreachable(['--memcached', `127.0.0.1:${port}`], new RegExp(`127\\.0\\.0\\.1:${port}`));
    await expectUnreachable(
      ['--database', `postgres://u:${PASSWORD}@127.0.0.1:${port}/x`],
      new RegExp(`127\\.0\\.0\\.1:${port}`),
    );
  });

  test('the password is wrong', async () => {
    const server = await startRedis(process.env, { listen: await freePort() });
    const client = new Redis(server.url);
    await client.call('ACL', 'SETUSER', 'app', 'on', '>right', '~*', '+@all');
    await client.quit();
    await expectUnreachable(
      ['--redis', server.url.replace('//', `//app:${PASSWORD}@`)],
      /password|credentials|log ?in/i,
    );
    await server.stop();
  });

  test('something else answers there', async () => {
    const web = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expectUnreachable(['--redis', `redis://127.0.0.1:${web.port}`], /not.*Redis|Redis.*protocol/i);
    await expectUnreachable(['--memcached', `127.0.0.1:${web.port}`], /memcached/i);
    web.server.close();
  });

  test('it takes the connection and says nothing', async () => {
    const mute = await listening(() => {});
    await expectUnreachable(['--redis', `redis://127.0.0.1:${mute.port}`], /127\.0\.0\.1/);
    mute.server.close();
  });

  test('it dies in mid-run: errors are counted, what was measured is kept, exit code 4', async () => {
    const server = await startRedis(process.env, { listen: await freePort() });
    const { code, stdout } = await cachectl(
      ['bench', 'load', '--duration', '20s', '--warmup', '200ms', '--redis', server.url, '--json'],
      {
        when: { stderr: /starting/, act: () => setTimeout(() => void server.stop(), 3000) },
      },
    );
    expect(code).toBe(4);
    const result = JSON.parse(stdout) as RunResult;
    expect(result.outcome).toBe('server_lost');
    expect(result.warnings.map((warning) => warning.code)).toContain('server_lost');
    expect(result.variants[0]?.metrics['operations']).toBeGreaterThan(100);
    expect(result.variants[0]?.metrics['redis.errors']).toBeGreaterThan(0);
  });
});

function listening(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => onConnection(socket));
  });
  server.unref();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 });
    });
  });
}
