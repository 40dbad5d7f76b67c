// Servers for a user without root on Debian and its kin: the packages are downloaded (apt checks their
// signatures), unpacked into the user's cache folder, and never installed.

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './dependencies.mjs';
import { run } from './run.mjs';

/** On Debian redis-server is a link to redis-check-rdb of redis-tools, which is the server under its other name. */
const ROOT_PACKAGES = {
  'redis-server': ['redis-server', 'redis-tools'],
  memcached: ['memcached'],
  postgres: ['postgresql'],
  initdb: ['postgresql'],
};

const IN_TREE = {
  'redis-server': () => 'usr/bin/redis-server',
  memcached: () => 'usr/bin/memcached',
  postgres: (tree) => join(postgresqlBin(tree), 'postgres'),
  initdb: (tree) => join(postgresqlBin(tree), 'initdb'),
};

/** Downloads, unpacks, tries and notes the programs. Gives the exit code and output of what ended it. */
export async function unpackPackages(programs, cache, env) {
  mkdirSync(cache, { recursive: true });
  const downloads = mkdtempSync(join(cache, 'downloads-'));
  try {
    const fetched = await download(programs, downloads, cache, env);
    if (fetched.code !== 0) return fetched;
    const tree = join(cache, 'servers');
    for (const name of readdirSync(downloads)) {
      const unpacked = await run('dpkg-deb', ['-x', join(downloads, name), tree], { env, stdio: 'capture' });
      if (unpacked.code !== 0) return unpacked;
    }
    return await note(programs, tree, join(cache, 'servers.json'), env);
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

/**
 * With the system's package lists if they will do, else with lists of our own. The cache is always our own, as
 * apt tells no address of a package that lies in the system's.
 */
async function download(programs, folder, cache, env) {
  const own = join(cache, 'apt');
  for (const partial of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(own, partial), { recursive: true });
  const ownCache = ['-o', `Dir::Cache=${join(own, 'cache')}`];
  const ownLists = [...ownCache, '-o', `Dir::State::lists=${join(own, 'lists')}`];
  const roots = [...new Set(programs.flatMap((program) => ROOT_PACKAGES[program]))];
  const apt = (...args) => run('apt-get', args, { cwd: folder, env, stdio: 'capture' });
  const attempt = async (options) => {
    const plan = await apt(...options, 'install', '--print-uris', '-qq', '--no-install-recommends', ...roots);
    return apt(...options, 'download', ...new Set([...roots, ...packagesToUnpack(plan.output)]));
  };
  try {
    const first = await attempt(ownCache);
    if (first.code === 0) return first;
    const updated = await apt(...ownLists, 'update');
    const second = await attempt(ownLists);
    return { code: second.code, output: `${updated.output}\n${second.output}` };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/**
 * Of the packages that apt would install: the database itself and libraries. Not the C library, which must fit
 * the system's loader, and not what only scripts and the just-in-time compiler want.
 */
function packagesToUnpack(plan) {
  const names = [...plan.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map((match) => match[1]);
  return names.filter(
    (name) => /^(lib|lua-|postgresql-\d+$)/.test(name) && !/^lib(c6|c-bin|perl|llvm)|-perl$/.test(name),
  );
}

/** Starts each program once with --version, which tells whether its libraries are all there. */
async function note(programs, tree, list, env) {
  const libraryPath = libraryFolders(tree).join(':');
  const known = readJson(list) ?? {};
  for (const program of programs) {
    const path = join(tree, IN_TREE[program](tree));
    const tried = await run(path, ['--version'], {
      env: { ...env, LD_LIBRARY_PATH: libraryPath },
      stdio: 'capture',
    });
    if (tried.code !== 0) return tried;
    known[program] = { path, libraryPath };
  }
  const draft = `${list}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(known, null, 2)}\n`);
  renameSync(draft, list);
  return { code: 0, output: '' };
}

function libraryFolders(tree) {
  return ['usr/lib', 'lib']
    .flatMap((parent) => entries(join(tree, parent)).map((name) => join(tree, parent, name)))
    .filter((folder) => /-linux-gnu[^/]*$/.test(folder) && statSync(folder).isDirectory());
}

function postgresqlBin(tree) {
  const versions = entries(join(tree, 'usr/lib/postgresql')).sort((a, b) => Number(b) - Number(a));
  return `usr/lib/postgresql/${versions[0] ?? '0'}/bin`;
}

function entries(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
