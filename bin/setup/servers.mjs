import { cacheFolder, findServer, onPath } from './find.mjs';
import { run, say, SetupError } from './run.mjs';
import { unpackPackages } from './unpack.mjs';

/** What each program's package is called. */
const PACKAGES = {
  'redis-server': { apt: 'redis-server', brew: 'redis' },
  memcached: { apt: 'memcached', brew: 'memcached' },
  postgres: { apt: 'postgresql', brew: 'postgresql@17' },
  initdb: { apt: 'postgresql', brew: 'postgresql@17' },
};

/**
 * Makes sure that the server programs can be found, installing what is missing in the first way that works here.
 * @throws SetupError with exit code 4, naming what was tried and every other way
 */
export async function ensureServers(programs, env) {
  const missing = () => programs.filter((program) => findServer(program, env) === undefined);
  const tried = [];
  for (const way of [installWithApt, installWithBrew, unpackDebianPackages]) {
    const needed = missing();
    if (needed.length === 0) return;
    const problem = await way(needed, env);
    if (problem !== undefined) tried.push(problem);
  }
  const needed = missing();
  if (needed.length > 0) throw new SetupError(4, howToGet(needed, tried));
}

/**
 * We want the programs, not services on the ports where a user's own may listen: while the packages are set up,
 * policy-rc.d forbids starting any. Package lists can be missing (containers) or out of date, hence the second try.
 */
const APT_SCRIPT = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && { printf '#!/bin/sh\\nexit 101\\n' >"$policy"; } 2>/dev/null; then
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
install() { apt-get -o DPkg::Lock::Timeout=60 install -y --no-install-recommends --no-upgrade "$@"; }
install "$@" || { apt-get update; install "$@"; }
`;

async function installWithApt(programs, env) {
  if (onPath('apt-get', env) === undefined) return undefined;
  const prefix = await asRoot(env);
  if (prefix === undefined) return undefined;
  const packages = packagesOf(programs, 'apt');
  say(
    `installing ${packages.join(', ')} with ${[...prefix, 'apt-get'].join(' ')}, without starting services`,
  );
  const [program, ...args] = [...prefix, '/bin/sh', '-c', APT_SCRIPT, 'setup', ...packages];
  return explain('apt-get install', await run(program, args, { env, stdio: 'capture' }));
}

/** What to put before a command that needs root; undefined when we cannot have it without a question. */
async function asRoot(env) {
  if (process.getuid?.() === 0) return [];
  if (onPath('sudo', env) === undefined) return undefined;
  const { code } = await run('sudo', ['-n', 'true'], { env, stdio: 'capture' });
  return code === 0 ? ['sudo', '-n'] : undefined;
}

async function installWithBrew(programs, env) {
  if (onPath('brew', env) === undefined || process.getuid?.() === 0) return undefined;
  const packages = packagesOf(programs, 'brew');
  say(`installing ${packages.join(', ')} with brew`);
  return explain('brew install', await run('brew', ['install', ...packages], { env, stdio: 'capture' }));
}

async function unpackDebianPackages(programs, env) {
  if (onPath('apt-get', env) === undefined || onPath('dpkg-deb', env) === undefined) return undefined;
  const cache = cacheFolder(env);
  say(
    `downloading ${packagesOf(programs, 'apt').join(', ')} into ${cache}, as there is no root to install with`,
  );
  return explain('apt-get download', await unpackPackages(programs, cache, env));
}

/** Undefined after success, else the last words of what failed. */
function explain(what, { code, output }) {
  if (code === 0) return undefined;
  if (code === 130 || code === 143) throw new SetupError(code, '');
  const lastWords = output.trim().split('\n').slice(-3).join('\n    ');
  return `${what} failed (exit code ${code}): ${lastWords}`;
}

function packagesOf(programs, manager) {
  return [...new Set(programs.map((program) => PACKAGES[program][manager]))];
}

function howToGet(programs, tried) {
  const names = programs.join(' and ');
  const others = programs.filter((program) => program === 'redis-server' || program === 'memcached');
  const containers = { 'redis-server': '-p 6379:6379 redis', memcached: '-p 11211:11211 memcached' };
  const flags = {
    'redis-server': '--redis redis://127.0.0.1:6379',
    memcached: '--memcached 127.0.0.1:11211',
  };
  const start = `npm start -- ${others.map((program) => flags[program]).join(' ')}`;
  return [
    `${names} ${programs.length === 1 ? 'is' : 'are'} needed, not found, and could not be installed.`,
    ...tried.map((problem) => `  ${problem}`),
    'Any of these helps:',
    `- install by hand: sudo apt-get install ${packagesOf(programs, 'apt').join(' ')}`,
    `  or brew install ${packagesOf(programs, 'brew').join(' ')}, or your system's equivalent`,
    ...(others.length === 0
      ? []
      : [
          `- use containers: ${others.map((program) => `docker run -d ${containers[program]}`).join('; ')}`,
          `  and then ${start}`,
          `- use servers that you have, at their own addresses: ${start}`,
        ]),
    '- have the programs elsewhere? Name their folders: CACHECTL_SERVER_PATH=/opt/redis/bin:/opt/memcached/bin',
  ].join('\n');
}
