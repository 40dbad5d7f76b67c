import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { Supervised } from '../../src/testbed/supervised.ts';

const HOST = join(import.meta.dirname, '../support/supervised-host.ts');

interface Place {
  readonly pid: number;
  readonly dir: string;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Fails unless process and folder are gone, or go within the time that a stopped server needs. */
async function expectGone({ pid, dir }: Place): Promise<void> {
  await vi.waitFor(
    () =>
      expect({ dir, runs: pid !== 0 && runs(pid), exists: existsSync(dir) }).toEqual({
        dir,
        runs: false,
        exists: false,
      }),
    { timeout: 8000, interval: 20 },
  );
}

const sleeper = (seconds = '600') => ({ program: '/bin/sleep', args: () => [seconds] });

/** Ignores TERM, so that only KILL ends it. */
const STUBBORN = {
  program: '/bin/sh',
  args: () => ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'],
};

async function host(
  servers: string,
  ending: string,
): Promise<{ child: ChildProcess; places: readonly Place[] }> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOST, servers, ending], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, places: JSON.parse(line) as readonly Place[] };
}

describe('a server and its folder vanish', () => {
  test('on stop, called once or often', async () => {
    const server = await Supervised.start('stop', sleeper());
    expect(statSync(server.dir).mode & 0o777).toBe(0o700);
    expect(runs(server.pid)).toBe(true);
    await Promise.all([server.stop(), server.stop()]);
    expect({ runs: runs(server.pid), exists: existsSync(server.dir), alive: server.alive }).toEqual({
      runs: false,
      exists: false,
      alive: false,
    });
    await server.stop();
  });

  test('on stop, when it does not heed its stop signal', async () => {
    const server = await Supervised.start('stubborn', STUBBORN);
    await vi.waitFor(() => expect(server.log).toContain('ready'), { interval: 10 });
    await server.stop();
    expect({ runs: runs(server.pid), exists: existsSync(server.dir) }).toEqual({
      runs: false,
      exists: false,
    });
  });

  test('on stop, when it is suspended', async () => {
    const server = await Supervised.start('suspended', sleeper());
    process.kill(server.pid, 'SIGSTOP');
    await server.stop();
    expect({ runs: runs(server.pid), exists: existsSync(server.dir) }).toEqual({
      runs: false,
      exists: false,
    });
  });

  test('when it ends by itself, with its exit code and last words', async () => {
    const server = await Supervised.start('brief', {
      program: '/bin/sh',
      args: () => ['-c', 'echo out; echo err >&2; exit 7'],
    });
    expect(await server.ended).toBe(7);
    expect(server.log).toContain('out\n');
    expect(server.log).toContain('err\n');
    await expectGone(server);
  });

  test.each(['SIGSEGV', 'SIGKILL'] as const)('when it crashes by %s', async (signal) => {
    const server = await Supervised.start('crash', sleeper());
    process.kill(server.pid, signal);
    expect(await server.ended).toBeGreaterThan(128);
    await expectGone(server);
    await server.stop();
  });

  test('when the program does not exist', async () => {
    const server = await Supervised.start('missing', { program: '/no/such/program', args: () => [] });
    expect(await server.ended).toBe(127);
    expect(server.log).toContain('/no/such/program');
    await expectGone(server);
  });
});

describe('servers and folders vanish with the process that started them', () => {
  test.each([
    ['by reaching its end', '', 0],
    ['by exit', 'exit', 3],
    ['by an error that nobody catches', 'throw', 1],
  ])('when it ends %s', async (_, ending, expected) => {
    const { child, places } = await host('redis,memcached,directory', ending);
    expect(places).toHaveLength(3);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(expected);
    await Promise.all(places.map(expectGone));
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('when %s ends it', async (signal) => {
    const { child, places } = await host('redis,memcached,directory', 'wait');
    for (const { pid } of places.slice(0, 2)) expect(runs(pid)).toBe(true);
    for (const { dir } of places) expect(existsSync(dir)).toBe(true);
    child.kill(signal);
    await once(child, 'close');
    await Promise.all(places.map(expectGone));
  });

  test('when SIGKILL ends it while the servers are suspended', async () => {
    const { child, places } = await host('redis,memcached', 'wait');
    for (const { pid } of places) process.kill(pid, 'SIGSTOP');
    child.kill('SIGKILL');
    await once(child, 'close');
    await Promise.all(places.map(expectGone));
  });
});

test('a folder without a process is kept until it is stopped', async () => {
  const server = await Supervised.start('files');
  writeFileSync(join(server.dir, 'data'), 'x');
  expect(server.pid).toBe(0);
  await server.stop();
  expect(existsSync(server.dir)).toBe(false);
});

test('twenty servers start side by side, each in its own place, and all vanish', async () => {
  const starts = [startRedis, startMemcached];
  const servers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (starts[index % 2] ?? startRedis)(process.env)),
  );
  expect(new Set(servers.map(({ pid }) => pid)).size).toBe(20);
  expect(new Set(servers.map(({ url }) => url)).size).toBe(20);
  for (const { pid } of servers) expect(runs(pid)).toBe(true);
  await Promise.all(servers.map((server) => server.stop()));
  const folders = servers.map(({ url }) =>
    url.replace(/^(redis\+)?unix:(\/\/)?/, '').replace(/\/[^/]+$/, ''),
  );
  for (const dir of folders) expect(existsSync(dir)).toBe(false);
  for (const { pid } of servers) expect(runs(pid)).toBe(false);
});
