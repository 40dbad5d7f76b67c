import { connect, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.ts';
import { isCachectlError } from '../../base/errors.ts';
import { databaseError, textIn } from './errors.ts';
import { PostgresDatabase, type PostgresOptions, type PostgresPlace, postgresPlace } from './postgres.ts';
import type { SqlDatabase } from './sql.ts';

/** Connects and proves it by a query. @throws CachectlError that says what is in the way, within `connectTimeoutMs` */
export async function connectPostgres(options: PostgresOptions): Promise<SqlDatabase> {
  const { clock, connectTimeoutMs } = options;
  const place = postgresPlace(options.url);
  const end = clock.nowMs() + connectTimeoutMs;
  await proveProtocol(place, connectTimeoutMs, clock);
  const database = new PostgresDatabase(options, place.address);
  try {
    await database.first('SELECT 1 AS one', [], { deadlineMs: Math.max(1, end - clock.nowMs()) });
    return database;
  } catch (error) {
    await database.close();
    if (!isCachectlError(error, 'DEADLINE_EXCEEDED')) throw error;
    throw databaseError(
      'SERVER_UNREACHABLE',
      place.address,
      `no session within ${connectTimeoutMs} ms`,
      HINT,
    );
  }
}

const HINT = 'check host and port, and that the server runs';
/** Asks whether TLS is spoken: every PostgreSQL answers `S` or `N` at once, before any authentication. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
/** A Redis never answers what begins with NUL; it, Memcached and HTTP servers answer this, PostgreSQL closes. */
const LINES = 'PING\r\n\r\n';
/** Without an answer for so long, the lines are tried on a second connection. */
const PATIENCE_MS = 400;

/** The driver would wait for its timeout on a server of another kind; one question beforehand tells them apart. */
function proveProtocol(
  { host, port, address }: PostgresPlace,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  const sockets: Socket[] = [];
  const cancels: CancelTimer[] = [];
  return new Promise<void>((resolve, reject) => {
    const fail = (code: 'SERVER_UNREACHABLE' | 'WRONG_PROTOCOL', what: string): void =>
      reject(databaseError(code, address, what, HINT));
    const ask = (question: string | Uint8Array): Socket => {
      const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
      sockets.push(socket);
      socket.once('connect', () => socket.write(question));
      socket.once('data', (data) => {
        if (/^[SN]$/.test(data.toString('latin1'))) resolve();
        else fail('WRONG_PROTOCOL', 'something answers that is no PostgreSQL');
      });
      return socket;
    };
    const first = ask(SSL_REQUEST);
    first.once('error', (error) =>
      fail('SERVER_UNREACHABLE', `no connection (${textIn(error, 'code') ?? 'unknown reason'})`),
    );
    first.once('close', () => fail('SERVER_UNREACHABLE', 'it closed the connection without an answer'));
    const late = (): void => {
      const what = first.connecting ? 'no connection' : 'it takes connections but gives no answer';
      fail('SERVER_UNREACHABLE', `${what} within ${timeoutMs} ms`);
    };
    const another = (): void => void ask(LINES).once('error', () => {});
    cancels.push(clock.setTimer(another, PATIENCE_MS), clock.setTimer(late, timeoutMs));
  }).finally(() => {
    for (const cancel of cancels) cancel();
    for (const socket of sockets) socket.destroy();
  });
}
