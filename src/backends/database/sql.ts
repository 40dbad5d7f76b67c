import type { Clock } from '../../base/clock.ts';

/** A value as a row holds it. Integers beyond 2^53 lose their last digits. */
export type SqlValue = string | number | boolean | null | Uint8Array;

/** A value to bind. Lists are arrays of the server, which only PostgreSQL has. */
export type SqlParam = SqlValue | undefined | readonly (SqlValue | undefined)[];

/** By column name. */
export type Row = Readonly<Record<string, SqlValue>>;

/** One statement. Parameters are `$1`, `$2`, … in both products; the text must hold no other `$` and digit. */
export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlParam[];
}

export interface CallOptions {
  /** Bound on this call in milliseconds, where the database's own is too short: to seed a table, for one. */
  readonly deadlineMs?: number | undefined;
}

/**
 * A connected SQL database. Every call settles within its deadline: it rejects with `DEADLINE_EXCEEDED`,
 * `SERVER_UNREACHABLE`, `SERVER_ERROR` (the database refused the statement), or `CLOSED` after `close()`.
 */
export interface SqlDatabase {
  readonly product: 'sqlite' | 'postgresql';
  /** For messages and reports; never a password. */
  readonly address: string;
  query(sql: string, params?: readonly SqlParam[], options?: CallOptions): Promise<readonly Row[]>;
  /** The first row of a reading query, which costs less than all rows of it. */
  first(sql: string, params?: readonly SqlParam[], options?: CallOptions): Promise<Row | undefined>;
  /** All statements in one transaction and one round trip; the rows of each. When one fails, none is done. */
  batch(statements: readonly SqlStatement[], options?: CallOptions): Promise<readonly (readonly Row[])[]>;
  close(): Promise<void>;
}

/** The bound on a call, for what needs two. */
export interface CallTime {
  readonly clock: Clock;
  readonly deadlineMs: number;
}

/** From now on: what is left for each next call, so that all of them together keep one deadline. */
export function oneDeadline({ clock, deadlineMs }: CallTime): () => CallOptions {
  const end = clock.nowMs() + deadlineMs;
  return () => ({ deadlineMs: Math.max(1, end - clock.nowMs()) });
}

/** The rows of all statements, which are one step: a single statement is that without a transaction around it. */
export async function runTogether(
  database: SqlDatabase,
  statements: readonly SqlStatement[],
  options?: CallOptions,
): Promise<readonly Row[]> {
  const [only, ...others] = statements;
  if (only === undefined) return [];
  if (others.length === 0) return database.query(only.sql, only.params, options);
  return (await database.batch(statements, options)).flat();
}

/** Rows per statement of {@link bulkInsert}: few enough for the products' bounds on parameters. */
const ROWS_PER_STATEMENT = 250;

/** Inserts rows fast, in transactions of some thousand. Table and column names are the caller's own, unquoted. */
export async function bulkInsert(
  database: SqlDatabase,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  options?: CallOptions,
): Promise<void> {
  const statementsPerBatch = 20;
  let statements: SqlStatement[] = [];
  for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
    const some = rows.slice(i, i + ROWS_PER_STATEMENT);
    statements.push({ sql: insertSql(table, columns, some.length), params: some.flat() });
    if (statements.length < statementsPerBatch && i + ROWS_PER_STATEMENT < rows.length) continue;
    await database.batch(statements, options);
    statements = [];
  }
}

function insertSql(table: string, columns: readonly string[], rows: number): string {
  const tuple = (row: number): string =>
    `(${columns.map((_column, i) => `$${row * columns.length + i + 1}`).join(',')})`;
  const tuples = Array.from({ length: rows }, (_, row) => tuple(row));
  return `INSERT INTO ${table} (${columns.join(',')}) VALUES ${tuples.join(',')}`;
}
