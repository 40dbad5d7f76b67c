import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild, ENTRY } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureServers } from './servers.mjs';
import { run, say, SetupError } from './run.mjs';
import { test } from './test.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const USAGE = `usage: node bin/setup.mjs start [argument of "cachectl bench"…]
       node bin/setup.mjs test [--only STEP] [argument of vitest…]`;

const COMMANDS = { start, test: testAll };

/** Runs one command of the bootstrap; gives its exit code. */
export async function main([command, ...args]) {
  try {
    if (!Object.hasOwn(COMMANDS, command ?? '')) throw new SetupError(2, USAGE);
    return await COMMANDS[command](args);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.message !== '') say(error.message);
    return error.exitCode;
  }
}

async function start(args) {
  await ensureDependencies(ROOT);
  await ensureBuild(ROOT);
  await ensureServers(serversFor(args, process.env), process.env);
  const { code } = await run(process.execPath, [ENTRY, 'bench', ...args], { cwd: ROOT, stdio: 'inherit' });
  return code;
}

async function testAll(args) {
  await ensureDependencies(ROOT);
  await ensureBuild(ROOT);
  await ensureServers(['redis-server', 'memcached', 'postgres', 'initdb'], process.env);
  return test(ROOT, args);
}

/** The servers that a bench starts by itself: those that it was given no address of. */
function serversFor(args, env) {
  const given = (flag, variable) =>
    args.some((arg) => arg === flag || arg.startsWith(`${flag}=`)) || (env[variable] ?? '') !== '';
  return [
    ...(given('--redis', 'CACHECTL_REDIS_URL') ? [] : ['redis-server']),
    ...(given('--memcached', 'CACHECTL_MEMCACHED') ? [] : ['memcached']),
  ];
}
