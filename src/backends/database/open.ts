import { fileURLToPath } from 'node:url';
import { type Clock, systemClock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import {
  type Backend,
  type ConnectionOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DEADLINE_MS,
  type ServerDescription,
} from '../backend.ts';
import { postgresDialect, sqliteDialect } from './dialect.ts';
import { entryTable, isLeased } from './entries.ts';
import { DatabaseLeaseStore, leaseTable } from './lease.ts';
import { DatabaseLedger } from './ledger.ts';
import { ledgerTables } from './ledger-sql.ts';
import { DatabaseLimiter, limiterTable } from './limiter.ts';
import { connectPostgres } from './postgres-connect.ts';
import { recreatingTables } from './recreate.ts';
import type { SqlDatabase } from './sql.ts';
import { SqliteDatabase } from './sqlite.ts';
import { Sweeper } from './sweep.ts';
import { DatabaseTier } from './tier.ts';

export interface DatabaseOptions extends ConnectionOptions {
  /** `postgres://user:password@host:5432/database?sslmode=…`, `sqlite:/path/file.db`, `file:/path`, `sqlite::memory:`. */
  readonly url: string;
  /**
   * Name of the table, created when it is missing; those for leases, ledgers and limits have
   * `_lease`, `_ledger`, `_tag` and `_limit` added. Default `cachectl_cache`.
   */
  readonly table?: string | undefined;
  /** The tier's name in metrics. Default `database`. */
  readonly name?: string | undefined;
  /** Connections at most; PostgreSQL only. Default 10. */
  readonly connections?: number | undefined;
  /** How often expired rows are deleted, in milliseconds. Default 60,000. */
  readonly sweepIntervalMs?: number | undefined;
  /** Whether committed data must survive a crash of the machine; SQLite only, PostgreSQL has it in its settings. Default true. */
  readonly durable?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** A cache table in a SQL database, and the connection itself for other statements. */
export interface DatabaseBackend extends Backend {
  readonly sql: SqlDatabase;
  /** Names of all its tables, that of the entries first. */
  readonly tables: readonly string[];
  /** Deletes expired rows now, instead of at the next interval. */
  sweep(): Promise<void>;
}

const DEFAULT_TABLE = 'cachectl_cache';
const DEFAULT_CONNECTIONS = 10;
const DEFAULT_SWEEP_INTERVAL_MS = 60_000;
/** Nobody waits longer than this to hear that there is no database. */
const MAX_CONNECT_TIMEOUT_MS = 4500;

/**
 * Connects, and creates the tables when they are missing.
 * @throws CachectlError `BAD_CONFIG`, `SERVER_UNREACHABLE`, `AUTH_FAILED`, `WRONG_PROTOCOL`, or `SERVER_ERROR`
 *   (no such database, no right to create the table), always within 5 s
 */
export async function openDatabase(options: DatabaseOptions): Promise<DatabaseBackend> {
  const table = checkTableName(options.table ?? DEFAULT_TABLE);
  const leases = `${table}_lease`;
  const clock = options.clock ?? systemClock;
  const path = sqlitePath(options.url);
  const dialect = path === undefined ? postgresDialect : sqliteDialect;
  const sql = await openSqlDatabase(options);
  const ledger = { pages: `${table}_ledger`, tags: `${table}_tag` };
  const limits = `${table}_limit`;
  const shapes = [
    entryTable(table, dialect),
    leaseTable(leases, dialect),
    ...ledgerTables(ledger, dialect),
    limiterTable(limits, dialect),
  ];
  const create = (): Promise<void> => dialect.create(sql, shapes);
  try {
    await create();
  } catch (error) {
    await sql.close();
    throw error;
  }
  const tables = recreatingTables(sql, create);
  const intervalMs = options.sweepIntervalMs ?? DEFAULT_SWEEP_INTERVAL_MS;
  const swept = [
    { table, unless: isLeased(table, dialect.now) },
    ...[leases, ledger.tags, limits].map((name) => ({ table: name })),
  ];
  const sweeper = new Sweeper(tables, dialect, { tables: swept, intervalMs, clock });
  sweeper.start();
  const capabilities = { shared: path !== ':memory:', persistent: path !== ':memory:' };
  const name = options.name ?? 'database';
  const time = { clock, deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS };
  const tier = new DatabaseTier(tables, dialect, { table, name, capabilities }, time, () =>
    sweeper.swept(table),
  );
  const lease = new DatabaseLeaseStore(tables, dialect, leases);
  const limiter = new DatabaseLimiter(tables, dialect, limits);
  return {
    kind: 'database',
    address: sql.address,
    sql,
    tables: shapes.map((shape) => shape.name),
    tier,
    lease,
    openLedger: (namespace) => new DatabaseLedger(tables, dialect, { tables: ledger, namespace, time }),
    limiter,
    sweep: () => sweeper.sweep(),
    describe: () => describeDatabase(sql),
    close: async () => {
      sweeper.stop();
      limiter.close();
      await Promise.all([tier.close(), lease.close()]);
      await sql.close();
    },
  };
}

/**
 * Connects without creating anything, for statements of the caller's own.
 * @throws CachectlError as {@link openDatabase}
 */
export async function openSqlDatabase(options: DatabaseOptions): Promise<SqlDatabase> {
  const clock = options.clock ?? systemClock;
  const path = sqlitePath(options.url);
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const connectTimeoutMs = Math.min(
    options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    MAX_CONNECT_TIMEOUT_MS,
  );
  if (path === undefined) {
    const poolSize = options.connections ?? DEFAULT_CONNECTIONS;
    return connectPostgres({ url: options.url, deadlineMs, connectTimeoutMs, poolSize, clock });
  }
  const durable = options.durable ?? true;
  const database = new SqliteDatabase({
    path,
    address: `sqlite:${path}`,
    deadlineMs,
    connectTimeoutMs,
    durable,
    clock,
  });
  await database.connect();
  return database;
}

/** What answers: product, version and the settings that decide its speed. */
export async function describeDatabase(sql: SqlDatabase): Promise<ServerDescription> {
  const dialect = sql.product === 'sqlite' ? sqliteDialect : postgresDialect;
  const { version = '', ...settings } = (await sql.first(dialect.describe)) ?? {};
  return {
    product: sql.product,
    version: String(version),
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
  };
}

/** The path that a SQLite URL names; undefined for a PostgreSQL URL. @throws CachectlError `BAD_CONFIG` for any other */
export function sqlitePath(url: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(url)) return undefined;
  const match = /^(sqlite|file):(?:\/\/(?=\/))?(.+)$/s.exec(url);
  const [, scheme, path] = match ?? [];
  if (path !== undefined && !path.startsWith('//')) {
    return scheme === 'file' && path.startsWith('/') ? fileURLToPath(`file://${path}`) : path;
  }
  const given = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0];
  throw new CachectlError(
    'BAD_CONFIG',
    `a database URL cannot begin with ${given === undefined ? 'that' : `'${given}:'`}`,
    {
      hint: 'write postgres://user:password@host:5432/database, sqlite:/path/file.db or sqlite::memory:',
    },
  );
}

/** The name goes into statements as it is, and the longest name made from it must fit PostgreSQL's 63 bytes. */
function checkTableName(name: string): string {
  if (/^[a-z_][a-z0-9_]{0,39}$/.test(name)) return name;
  throw new CachectlError(
    'BAD_CONFIG',
    `${JSON.stringify(name.slice(0, 60))} cannot be the name of a table`,
    {
      hint: 'use at most 40 lower-case letters, digits and underscores, and no digit first',
    },
  );
}
