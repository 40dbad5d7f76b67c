import { connect, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.ts';
import { isCachectlError } from '../../base/errors.ts';
import { databaseError } from './errors.ts';
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
/** Then others, which wait for the end of a line, are made to answer as well. */
const PATIENCE_MS = 400;

/** The driver would wait for its timeout on a server of another kind; one question beforehand tells them apart. */
function proveProtocol(
  { host, port, address }: PostgresPlace,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  const socket: Socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  const cancels: CancelTimer[] = [];
  let connected = false;
  return new Promise<void>((resolve, reject) => {
    const fail = (code: 'SERVER_UNREACHABLE' | 'WRONG_PROTOCOL', what: string): void =>
      reject(databaseError(code, address, what, HINT));
    const late = (): void => {
      const what = connected ? 'it takes connections but gives no answer' : 'no connection';
      fail('SERVER_UNREACHABLE', `${what} within ${timeoutMs} ms`);
    };
    const nudge = (): void => void (connected && socket.write('\r\n'));
    cancels.push(clock.setTimer(nudge, PATIENCE_MS), clock.setTimer(late, timeoutMs));
    socket.once('connect', () => {
      connected = true;
      socket.write(SSL_REQUEST);
    });
    socket.once('data', (data) => {
      if (/^[SN]$/.test(data.toString('latin1'))) resolve();
      else fail('WRONG_PROTOCOL', 'something answers that is no PostgreSQL');
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      fail('SERVER_UNREACHABLE', `no connection (${error.code ?? 'error'})`),
    );
    socket.once('close', () => fail('SERVER_UNREACHABLE', 'it closed the connection without an answer'));
  }).finally(() => {
    for (const cancel of cancels) cancel();
    socket.destroy();
  });
}
