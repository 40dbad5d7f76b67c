import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processFamily } from '../../src/testbed/process-tree.ts';
import { startPostgres } from '../../src/testbed/servers/postgres.ts';
import { eventually } from '../contract/tier-contract.ts';

const module = JSON.stringify(new URL('../../src/testbed/servers/postgres.ts', import.meta.url).href);

/** Command lines of all processes that name the directory. */
function processesIn(dir: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-ww', '-o', 'args='], (_error, stdout) =>
      resolve(stdout.split('\n').filter((line) => line.includes(dir))),
    );
  });
}

interface Owner {
  readonly kill: () => void;
  /** The first line that the program prints. */
  readonly line: Promise<string>;
}

/** Where the other processes make their directories: other tests make theirs in the usual place. */
let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'cachectl-test-'));
  // The server may run as another user.
  chmodSync(place, 0o777);
});
afterAll(() => rmSync(place, { recursive: true }));

/** Another process that starts a server. */
function startOwner(body: string): Owner {
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', body], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: place },
  });
  const line = new Promise<string>((resolve) => {
    owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
  });
  return { kill: () => owner.kill('SIGKILL'), line };
}

const gone = (dir: string): Promise<void> =>
  eventually(async () => {
    expect(await processesIn(dir)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  }, 12_000);

/** A worker of the server may have ended since the family was listed. */
function freeze(pid: number): void {
  try {
    process.kill(pid, 'SIGSTOP');
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' });
  }
}

describe('a private PostgreSQL', () => {
  test('works in a family of processes; stop() leaves neither them nor the directory', async () => {
    const server = await startPostgres(process.env);
    const dir = decodeURIComponent(new URL(server.url).searchParams.get('host') ?? '');
    expect((await processFamily(server.pid)).length).toBeGreaterThan(3);
    expect(existsSync(dir)).toBe(true);
    await server.stop();
    expect(existsSync(dir)).toBe(false);
    expect(await processesIn(dir)).toEqual([]);
  });

  test('ends with an owner that was killed, even when it is frozen', async () => {
    const owner = startOwner(`
      import { startPostgres } from ${module};
      const server = await startPostgres(process.env);
      console.log(server.pid + ' ' + new URL(server.url).searchParams.get('host'));
      setInterval(() => {}, 1000);`);
    const [pid = '', dir = ''] = (await owner.line).split(' ');
    const family = await processFamily(Number(pid));
    expect(family.length).toBeGreaterThan(3);
    for (const each of family) freeze(each);
    owner.kill();
    await gone(dir);
  });

  test('ends with an owner that was killed while the cluster was being made', async () => {
    const owner = startOwner(`
      import { readdirSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { startPostgres } from ${module};
      void startPostgres(process.env);
      const timer = setInterval(() => {
        const [dir] = readdirSync(tmpdir()).map((name) => tmpdir() + '/' + name);
        if (dir === undefined || !readdirSync(dir).includes('data')) return;
        clearInterval(timer);
        console.log(dir);
      }, 5);
      setInterval(() => {}, 1000);`);
    const dir = await owner.line;
    expect((await processesIn(dir)).join('\n')).toContain('initdb');
    owner.kill();
    await gone(dir);
  });
});
