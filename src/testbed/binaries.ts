import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CachectlError } from '../base/errors.ts';

/** A server program that can be started, and what it needs in its environment. */
export interface ServerBinary {
  readonly path: string;
  /** Where libraries that came with it lie; for `LD_LIBRARY_PATH`. */
  readonly libraryPath?: string;
}

export type ServerProgram = 'redis-server' | 'memcached' | 'postgres' | 'initdb';

/** Where `bin/setup.mjs` notes the programs that it unpacked for a user without root. */
function unpackedList(env: Environment): string {
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, 'cachectl', 'servers.json');
}

export type Environment = Readonly<Record<string, string | undefined>>;

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

/**
 * Finds a server program: on PATH and in the usual folders, else among those that set-up unpacked.
 * `CACHECTL_SERVER_PATH`, a list like PATH, replaces PATH and the usual folders. `bin/setup/find.mjs` searches in
 * the same order.
 * @throws CachectlError `SERVER_NOT_STARTED` that names every way to get one
 */
export function findServer(program: ServerProgram, env: Environment): ServerBinary {
  const path = foldersOf(program, env)
    .map((folder) => join(folder, program))
    .find(isExecutable);
  if (path !== undefined) return { path };
  const own = unpacked(program, env);
  if (own !== undefined && isExecutable(own.path)) return own;
  throw new CachectlError('SERVER_NOT_STARTED', `${program} was not found on PATH`, {
    hint: HOW_TO_GET[program],
  });
}

/** The whole environment that a server needs: nothing of ours, so that no secret of it is inherited. */
export function libraryEnvironment(binary: ServerBinary): Readonly<Record<string, string>> {
  return binary.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: binary.libraryPath };
}

function foldersOf(program: ServerProgram, env: Environment): readonly string[] {
  const only = env['CACHECTL_SERVER_PATH'];
  if (only !== undefined) return pathList(only);
  const isPostgresql = program === 'postgres' || program === 'initdb';
  return [...pathList(env['PATH']), ...USUAL_FOLDERS, ...(isPostgresql ? postgresqlFolders() : [])];
}

/** Newest version first. */
function postgresqlFolders(): readonly string[] {
  return POSTGRESQL_FOLDERS.flatMap(({ parent, name }) =>
    list(parent)
      .map((entry) => ({ entry, version: Number(name.exec(entry)?.[1]) }))
      .filter(({ version }) => version > 0)
      .sort((a, b) => b.version - a.version)
      .map(({ entry }) => join(parent, entry, 'bin')),
  );
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A program that set-up unpacked; undefined when it did not, or its list is missing or damaged. */
function unpacked(program: ServerProgram, env: Environment): ServerBinary | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(unpackedList(env), 'utf8'));
    const entry: unknown = isRecord(known) ? known[program] : undefined;
    if (!isRecord(entry) || typeof entry['path'] !== 'string') return undefined;
    const { path, libraryPath } = entry;
    return typeof libraryPath === 'string' && libraryPath !== '' ? { path, libraryPath } : { path };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function pathList(text: string | undefined): readonly string[] {
  return (text ?? '').split(delimiter).filter((folder) => folder !== '');
}

const HOW_TO_GET: Readonly<Record<ServerProgram, string>> = {
  'redis-server':
    'install it (apt-get install redis-server, brew install redis), or run a container (docker run -p 6379:6379 redis) and pass --redis redis://127.0.0.1:6379',
  memcached:
    'install it (apt-get install memcached, brew install memcached), or run a container (docker run -p 11211:11211 memcached) and pass --memcached 127.0.0.1:11211',
  postgres:
    'install it (apt-get install postgresql, brew install postgresql), or pass --database postgres://…',
  initdb: 'install it (apt-get install postgresql, brew install postgresql), or pass --database postgres://…',
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
