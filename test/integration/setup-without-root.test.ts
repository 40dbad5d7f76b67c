import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { type Environment, findServer } from '../../src/testbed/binaries.ts';
import { startMemcached } from '../../src/testbed/servers/memcached.ts';
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { executable, SetupProject } from '../support/setup-project.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const AS_NOBODY = ['/usr/bin/setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** Everything that unpacking calls, and neither sudo nor brew. */
const TOOLS = [
  'apt-get',
  'apt-key',
  'apt-config',
  'dpkg',
  'dpkg-deb',
  'tar',
  'rm',
  'gpgv',
  'sh',
  'sed',
  'cat',
  'sort',
];

let project: SetupProject;

beforeAll(() => {
  project = new SetupProject(['typescript']);
});
afterAll(() => project.remove());

test('servers are downloaded and started without root', { timeout: 120_000 }, async (context) => {
  skipUnlessPossible(context);
  const cache = join(project.home, 'cache');
  const env = {
    PATH: toolFolder(),
    HOME: project.home,
    XDG_CACHE_HOME: cache,
    CACHECTL_SERVER_PATH: '',
    APT_CONFIG: aptWithoutServers(),
  };
  const prefix = isRoot ? AS_NOBODY : [];
  if (isRoot) chownSync(project.home, NOBODY, NOBODY);
  await project.run(['start']); // builds, which nobody could not

  const first = await project.run(['start'], { env, prefix });
  expect(first.stderr).toMatch(/^setup: downloading redis-server, memcached into .+\n$/);
  expect(first).toMatchObject({ code: 0, stdout: '["bench"]\n' });
  const second = await project.run(['start'], { env, prefix });
  expect(second).toEqual({ code: 0, stdout: '["bench"]\n', stderr: '' });

  const tree = `${cache}/cachectl/servers/usr`;
  expect(findServer('redis-server', env).path).toBe(`${tree}/bin/redis-server`);
  const ofRedis = await mappedFiles(startRedis, env);
  expect(ofRedis).toContain(`${tree}/bin/redis-check-rdb`);
  expect(ofRedis).toMatch(new RegExp(`${tree}/lib/.*/liblzf`));
  expect(await mappedFiles(startMemcached, env)).toContain(`${tree}/bin/memcached`);
});

/** Starts a server; gives the program and libraries that it runs. */
async function mappedFiles(start: typeof startRedis, env: Environment): Promise<string> {
  const server = await start(env);
  try {
    return readFileSync(`/proc/${server.pid}/maps`, 'latin1');
  } finally {
    await server.stop();
  }
}

function skipUnlessPossible(context: TestContext): void {
  const works = (program: string, ...args: readonly string[]): boolean =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  if (!works('apt-get', '--version') || !works('dpkg-deb', '--version')) context.skip('no apt-get here');
  if (isRoot && !works(AS_NOBODY[0] ?? '', '--version')) context.skip('no setpriv to leave root with');
  const noCache = ['-o', `Dir::Cache::archives=${project.home}`];
  const plan = spawnSync('apt-get', [...noCache, 'download', '--print-uris', 'redis-tools'], {
    encoding: 'utf8',
    cwd: '/',
  });
  const address = /^'([^']+)'/.exec(plan.stdout)?.[1];
  if (address === undefined) context.skip('apt-get knows no redis-tools here');
  const reach = `fetch(${JSON.stringify(address)}, { method: 'HEAD' }).then((r) => process.exit(r.ok ? 0 : 1))`;
  if (!works(process.execPath, '-e', reach)) context.skip(`${address} cannot be reached`);
}

function toolFolder(): string {
  const folder = join(dirname(project.root), 'tools');
  executable(join(folder, 'none'), '');
  const paths = ['/usr/local/bin', '/usr/bin', '/bin'];
  for (const tool of TOOLS) {
    const found = paths
      .map((path) => join(path, tool))
      .find((path) => spawnSync('test', ['-x', path]).status === 0);
    if (found !== undefined) symlinkSync(found, join(folder, tool));
  }
  return folder;
}

/** Makes apt believe that the servers and a library that only they use are not installed. */
function aptWithoutServers(): string {
  const installed = readFileSync('/var/lib/dpkg/status', 'utf8').split('\n\n');
  const kept = installed.filter(
    (entry) => !/^Package: (redis-server|redis-tools|memcached|liblzf1)\n/.test(entry),
  );
  const status = join(project.home, 'status');
  writeFileSync(status, kept.join('\n\n'));
  const config = join(project.home, 'apt.conf');
  writeFileSync(config, `Dir::State::status "${status}";\n`);
  return config;
}
