import { userInfo } from 'node:os';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { CachectlError } from '../../base/errors.ts';
import { type Environment, findServer } from '../binaries.ts';
import { Supervised } from '../supervised.ts';
import { type PrivateServer, untilReady, type WhereToListen } from './server.ts';

export interface PostgresServerOptions extends WhereToListen {
  /** Password of the user `postgres`, asked for on every connection. Default: none is asked for. */
  readonly password?: string | undefined;
  /** Other settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes the cluster, then becomes the server. While the cluster is made it hears the supervisor's signal and ends
 * initdb, so that nothing writes into a directory that is being removed.
 *
 * $1 initdb, $2 directory, $3 method of authentication, the rest the server's command line.
 */
const MAKE_AND_SERVE = `
initdb=$1; dir=$2; auth=$3; shift 3
umask 077
printf '%s\\n' "\${CACHECTL_PASSWORD:-unused}" > "$dir/password"
unset CACHECTL_PASSWORD
"$initdb" -D "$dir/data" -U postgres -A "$auth" --pwfile="$dir/password" -E UTF8 --no-locale --no-sync >"$dir/initdb.log" 2>&1 &
making=$!
trap 'kill "$making"; wait "$making"; exit 1' INT QUIT TERM
wait "$making" || { cat "$dir/initdb.log" >&2; exit 1; }
trap - INT QUIT TERM
exec "$@"
`;

/** For a server that lives as long as a run: a crash of the machine may take its data. */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  max_wal_size: '2GB',
};

/** Starts a private PostgreSQL cluster with a user and a database called `postgres`. */
export async function startPostgres(
  env: Environment,
  options: PostgresServerOptions = {},
): Promise<PrivateServer> {
  const postgres = findServer('postgres', env);
  const initdb = findServer('initdb', env);
  const listen = options.listen ?? 'socket';
  const port = listen === 'socket' ? 5432 : listen;
  const settings: Record<string, string> = {
    ...SETTINGS,
    listen_addresses: listen === 'socket' ? '' : '127.0.0.1',
    ...(options.maxMemoryBytes === undefined
      ? {}
      : { shared_buffers: `${Math.ceil(options.maxMemoryBytes / 1024)}kB` }),
    ...options.settings,
  };
  const supervised = await Supervised.start('postgres', {
    dir: options.dir,
    program: '/bin/sh',
    args: (dir) => [
      '-c',
      MAKE_AND_SERVE,
      'cachectl-postgres',
      initdb.path,
      dir,
      options.password === undefined ? 'trust' : 'scram-sha-256',
      postgres.path,
      '-D',
      join(dir, 'data'),
      '-k',
      dir,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    stopSignal: 'QUIT',
    user: unprivilegedUser(),
    env: {
      PATH: `${dirname(initdb.path)}:${env['PATH'] ?? '/usr/bin:/bin'}`,
      LC_ALL: 'C',
      ...(options.password === undefined ? {} : { CACHECTL_PASSWORD: options.password }),
      ...(postgres.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: postgres.libraryPath }),
    },
  });
  await untilReady('postgres', supervised, () => takesSessions(supervised.dir, port));
  const user =
    options.password === undefined ? 'postgres' : `postgres:${encodeURIComponent(options.password)}`;
  return {
    url:
      listen === 'socket'
        ? `postgres://${user}@localhost/postgres?host=${encodeURIComponent(supervised.dir)}`
        : `postgres://${user}@127.0.0.1:${port}/postgres`,
    pid: supervised.pid,
    ended: supervised.ended,
    again: () => startPostgres(env, { ...options, dir: supervised.dir }),
    stop: () => supervised.stop(),
  };
}

/** PostgreSQL refuses to run as root: then it runs as `nobody`. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (userInfo().uid !== 0) return undefined;
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  throw new CachectlError(
    'SERVER_NOT_STARTED',
    'postgres does not run as root, and there is no user nobody',
    {
      hint: 'run cachectl as another user, or pass --database postgres://…',
    },
  );
}

/** Protocol 3.0 with the parameters `user` and `database`, as the wire wants it. */
function startupMessage(): Buffer {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return Buffer.concat([head, parameters]);
}

/** True when a session is greeted, or a password is asked for; a server that still starts up answers with an error. */
function takesSessions(dir: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(join(dir, `.s.PGSQL.${port}`));
    const finish = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write(startupMessage()));
    socket.once('data', (data) => finish(data.toString('latin1', 0, 1) === 'R'));
    socket.once('close', () => resolve(false));
  });
}
