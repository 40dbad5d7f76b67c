// Where a server program is. src/testbed/binaries.ts searches in the same order once cachectl is built; a test
// keeps the two together.

import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { readJson } from './dependencies.mjs';

const USUAL_FOLDERS = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

/** PostgreSQL keeps one folder a major version, off PATH. */
const POSTGRESQL_FOLDERS = [
  { parent: '/usr/lib/postgresql', name: /^(\d+)$/ },
  { parent: '/usr', name: /^pgsql-(\d+)$/ },
  { parent: '/opt/homebrew/opt', name: /^postgresql@(\d+)$/ },
  { parent: '/usr/local/opt', name: /^postgresql@(\d+)$/ },
];

/** Folder of everything that set-up keeps for a user. */
export function cacheFolder(env) {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'cachectl');
}

/** The path of a server program, or undefined. `CACHECTL_SERVER_PATH` replaces PATH and the usual folders. */
export function findServer(program, env) {
  const found = foldersOf(program, env)
    .map((folder) => join(folder, program))
    .find(isExecutable);
  if (found !== undefined) return found;
  const unpacked = readJson(join(cacheFolder(env), 'servers.json'))?.[program]?.path;
  return typeof unpacked === 'string' && isExecutable(unpacked) ? unpacked : undefined;
}

function foldersOf(program, env) {
  const only = env.CACHECTL_SERVER_PATH;
  if (only !== undefined) return pathList(only);
  const isPostgresql = program === 'postgres' || program === 'initdb';
  return [...pathList(env.PATH), ...USUAL_FOLDERS, ...(isPostgresql ? postgresqlFolders() : [])];
}

/** Newest version first. */
function postgresqlFolders() {
  return POSTGRESQL_FOLDERS.flatMap(({ parent, name }) =>
    list(parent)
      .map((entry) => ({ entry, version: Number(name.exec(entry)?.[1]) }))
      .filter(({ version }) => version > 0)
      .sort((a, b) => b.version - a.version)
      .map(({ entry }) => join(parent, entry, 'bin')),
  );
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Where a program is on PATH, or undefined. */
export function onPath(program, env) {
  return pathList(env.PATH)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function pathList(text) {
  return (text ?? '').split(delimiter).filter((folder) => folder !== '');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
