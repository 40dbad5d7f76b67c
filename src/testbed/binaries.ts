import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
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
  const cache = env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache');
  return join(cache, 'cachectl', 'servers.json');
}

export type Environment = Readonly<Record<string, string | undefined>>;

const EXTRA_FOLDERS = [
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

/**
 * Finds a server program: on PATH and in the usual folders, else among those that set-up unpacked.
 * @throws CachectlError `SERVER_NOT_STARTED` that names every way to get one
 */
export function findServer(program: ServerProgram, env: Environment): ServerBinary {
  const folders = [
    ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...EXTRA_FOLDERS,
    ...debianPostgresFolders(),
  ];
  for (const folder of folders) {
    const path = join(folder, program);
    if (isExecutable(path)) return { path };
  }
  const list = unpackedList(env);
  if (existsSync(list)) {
    const known = JSON.parse(readFileSync(list, 'utf8')) as Partial<Record<string, ServerBinary>>;
    const found = known[program];
    if (found !== undefined && isExecutable(found.path)) return found;
  }
  throw new CachectlError('SERVER_NOT_STARTED', `${program} was not found on PATH`, {
    hint: HOW_TO_GET[program],
  });
}

/** Debian keeps each major version of PostgreSQL in a folder of its own, off PATH; the newest comes first. */
function debianPostgresFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin'));
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
    return true;
  } catch {
    return false;
  }
}
