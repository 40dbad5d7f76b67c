import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import { messageOf } from '../../base/errors.ts';
import { textIn } from './errors.ts';
import type { Row, SqlValue } from './sql.ts';
import {
  type Failure,
  Flag,
  Mode,
  type Opening,
  pack,
  type Reply,
  type Request,
  type ThreadSettings,
  unpackRequest,
  type WireCall,
} from './sqlite-protocol.ts';

/** The thread that owns one SQLite connection: it takes messages of calls and answers each with one message. */

interface Prepared {
  readonly statement: ReturnType<InstanceType<typeof Database>['prepare']>;
  readonly reader: boolean;
  readonly columns: readonly string[];
}

const settings: ThreadSettings = workerData;
const port = parentPort;
if (port === null) throw new Error('this module runs as a worker thread');
const flags = new Int32Array(settings.flags);
const texts = new Map<number, string>();
const prepared = new Map<number, Prepared>();
let lockWaitMs = settings.busyTimeoutMs;

function open(): InstanceType<typeof Database> {
  const connection = new Database(settings.path, { timeout: settings.busyTimeoutMs });
  connection.exec(`PRAGMA cache_size = -${settings.cacheKib}`);
  connection.exec(`PRAGMA synchronous = ${settings.durable ? 'NORMAL' : 'OFF'}`);
  connection.pragma('journal_mode = WAL');
  return connection;
}

function prepare(id: number): Prepared {
  const known = prepared.get(id);
  if (known !== undefined) return known;
  // `?1` is SQLite's numbered parameter; a `$1` there is a name, bound in order of appearance.
  const statement = database.prepare((texts.get(id) ?? '').replace(/\$(\d+)/g, '?$1'));
  const { reader } = statement;
  if (reader) statement.raw();
  const columns = reader ? statement.columns().map((column) => column.name) : [];
  const entry = { statement, reader, columns };
  prepared.set(id, entry);
  return entry;
}

/** The driver gives bytes as a Buffer for one row, and as an ArrayBuffer for many. */
type DriverValue = SqlValue | ArrayBuffer;

function toRow(columns: readonly string[], values: readonly DriverValue[]): Row {
  const row: Record<string, SqlValue> = {};
  for (const [i, column] of columns.entries()) {
    const value = values[i] ?? null;
    row[column] = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  }
  return row;
}

function execute(mode: Mode, id: number, params: readonly SqlValue[]): readonly Row[] {
  const { statement, reader, columns } = prepare(id);
  if (!reader) {
    statement.run(params);
    return [];
  }
  if (mode === Mode.first) {
    const values = statement.get(params);
    return Array.isArray(values) ? [toRow(columns, values)] : [];
  }
  return statement.all(params).map((values) => toRow(columns, Array.isArray(values) ? values : []));
}

const givenUp = (): boolean => Atomics.load(flags, Flag.skip) === 1 || Atomics.load(flags, Flag.stop) === 1;

/** The rows of each statement; null when it was given up in the middle, and then nothing of it is done. */
function transact(statements: readonly (readonly [number, SqlValue[]])[]): (readonly Row[])[] | null {
  database.exec('BEGIN IMMEDIATE');
  const rows: (readonly Row[])[] = [];
  try {
    for (const [id, params] of statements) {
      if (givenUp()) break;
      rows.push(execute(Mode.batch, id, params));
    }
    if (rows.length === statements.length) {
      database.exec('COMMIT');
      return rows;
    }
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
  database.exec('ROLLBACK');
  return null;
}

function answer([mode, ...statements]: WireCall): Reply[number] {
  if (givenUp()) return null;
  try {
    if (mode === Mode.batch) return transact(statements);
    return statements.map(([id, params]) => execute(mode, id, params));
  } catch (error) {
    const told = failure(error);
    if (told.code === 'SQLITE_BUSY') waitForLocks(0);
    return told;
  }
}

/** Who waited in vain once does not wait again for each call of a message, whose deadlines are much the same. */
function waitForLocks(ms: number): void {
  if (ms === lockWaitMs) return;
  lockWaitMs = ms;
  database.exec(`PRAGMA busy_timeout = ${ms}`);
}

function failure(error: unknown): Failure {
  const code = textIn(error, 'code');
  const message = messageOf(error);
  if (code !== undefined) return { code, message };
  return { code: message.startsWith('ConnectionFailed') ? 'SQLITE_CANTOPEN' : 'SQLITE_ERROR', message };
}

function work(request: Request): Reply {
  if (request.forget) {
    texts.clear();
    prepared.clear();
  }
  for (const [id, sql] of request.define) texts.set(id, sql);
  waitForLocks(settings.busyTimeoutMs);
  return request.calls.map(answer);
}

function end(): void {
  prepared.clear();
  database.close();
  port?.close();
}

let database: InstanceType<typeof Database>;
try {
  database = open();
  port.postMessage({ opened: true } satisfies Opening);
} catch (error) {
  port.postMessage({ opened: false, failure: failure(error) } satisfies Opening);
  port.close();
}

port.on('message', (message: Uint8Array | null) => {
  if (message === null) {
    end();
    return;
  }
  Atomics.store(flags, Flag.busy, 1);
  const reply = work(unpackRequest(message));
  const stopped = Atomics.load(flags, Flag.stop) === 1;
  Atomics.store(flags, Flag.busy, 0);
  Atomics.notify(flags, Flag.busy);
  if (stopped) return;
  const bytes = pack(reply);
  port.postMessage(bytes, [bytes.buffer]);
});
