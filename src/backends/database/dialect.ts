import type { SqlDatabase, SqlParam, SqlStatement } from './sql.ts';

export interface DialectEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Undefined: never expires. */
  readonly ttlMs: number | undefined;
}

/** Where the two products differ. All times are milliseconds since the epoch on the database's own clock. */
export interface Dialect {
  /** Type of a bytes column, and of a time column. */
  readonly bytes: string;
  readonly time: string;
  /** Expression: now. */
  readonly now: string;
  /** Statements that create what is missing; `undefined` where nothing is. */
  create(database: SqlDatabase, tables: readonly string[], ddl: readonly string[]): Promise<void>;
  /** Expression: `column` is one of the keys in `$1`; and how the keys are bound. */
  amongKeys(column: string): string;
  bindKeys(keys: readonly Uint8Array[]): SqlParam;
  /** Stores entries; the keys differ. */
  upsertMany(table: string, entries: readonly DialectEntry[]): readonly SqlStatement[];
  /** Added to a subselect of rows to delete, so that deletions at the same time wait for, or pass over, each other. */
  readonly lockOrdered: string;
  readonly lockFree: string;
  /** One row: `entries`, `used_bytes`. */
  stats(table: string): SqlStatement;
  /** One row of settings that matter, with `version`. */
  readonly describe: string;
}

export function upsertSql(table: string, dialect: Dialect): string {
  return `INSERT INTO ${table} (key, value, expires_at) VALUES ($1, $2, ${dialect.now} + $3) ${onConflict}`;
}

const onConflict = 'ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at';

const expired = (now: string): string => `expires_at <= ${now}`;

export const sqliteDialect: Dialect = {
  bytes: 'BLOB',
  time: 'REAL',
  now: "(unixepoch('subsec') * 1000.0)",
  create: async (database, _tables, ddl) => {
    await database.batch(ddl.map((sql) => ({ sql })));
  },
  amongKeys: (column) => `${column} IN (SELECT unhex(value) FROM json_each($1))`,
  bindKeys: (keys) => JSON.stringify(keys.map((key) => Buffer.from(key).toString('hex'))),
  upsertMany: (table, entries) => {
    const sql = upsertSql(table, sqliteDialect);
    return entries.map(({ key, value, ttlMs }) => ({ sql, params: [key, value, ttlMs] }));
  },
  lockOrdered: '',
  lockFree: '',
  stats: (table) => ({
    sql:
      `SELECT (SELECT count(*) FROM ${table}) - (SELECT count(*) FROM ${table} WHERE ${expired(sqliteDialect.now)}) AS entries, ` +
      '(SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s) AS used_bytes',
  }),
  describe:
    'SELECT sqlite_version() AS version, (SELECT journal_mode FROM pragma_journal_mode) AS journal_mode, ' +
    '(SELECT synchronous FROM pragma_synchronous) AS synchronous, (SELECT cache_size FROM pragma_cache_size) AS cache_size, ' +
    '(SELECT page_size FROM pragma_page_size) AS page_size',
};

/** Values in one statement, in bytes: they are doubled as text, and the server bounds a message at 1 GiB. */
const BYTES_PER_STATEMENT = 8 * 1024 * 1024;
/** Above this, entries are the planner's estimate: to count them takes longer than a call may. */
const COUNTED_ROWS = 1_000_000;

export const postgresDialect: Dialect = {
  bytes: 'bytea',
  time: 'double precision',
  now: '(extract(epoch FROM clock_timestamp()) * 1000)::double precision',
  create: createOnce,
  amongKeys: (column) => `${column} = ANY ($1::bytea[])`,
  bindKeys: (keys) => keys,
  upsertMany: (table, entries) => {
    const sql =
      `INSERT INTO ${table} (key, value, expires_at) SELECT k, v, ${postgresDialect.now} + ttl ` +
      `FROM unnest($1::bytea[], $2::bytea[], $3::double precision[]) AS e (k, v, ttl) ORDER BY k ${onConflict}`;
    return bySize(entries).map((part) => ({
      sql,
      params: [part.map(({ key }) => key), part.map(({ value }) => value), part.map(({ ttlMs }) => ttlMs)],
    }));
  },
  lockOrdered: 'ORDER BY key FOR UPDATE',
  lockFree: 'FOR UPDATE SKIP LOCKED',
  stats: (table) => ({
    sql:
      `SELECT CASE WHEN reltuples > ${COUNTED_ROWS} THEN reltuples ` +
      `ELSE (SELECT count(*) FROM ${table} WHERE expires_at IS NULL OR expires_at > ${postgresDialect.now}) END AS entries, ` +
      'pg_total_relation_size(oid) AS used_bytes FROM pg_class WHERE oid = $1::regclass',
    params: [table],
  }),
  describe: `SELECT ${[
    'server_version',
    'shared_buffers',
    'max_connections',
    'synchronous_commit',
    'fsync',
    'work_mem',
  ]
    .map((name) => `current_setting('${name}') AS ${name === 'server_version' ? 'version' : name}`)
    .join(', ')}`,
};

/** Looks first, because "create if not exists" needs the right to create; two that create at once wait for each other. */
async function createOnce(
  database: SqlDatabase,
  tables: readonly string[],
  ddl: readonly string[],
): Promise<void> {
  const present = tables.map((_table, i) => `to_regclass($${i + 1}) IS NOT NULL`).join(' AND ');
  const row = await database.first(`SELECT ${present} AS present`, tables);
  if (row?.['present'] === true) return;
  const lock = { sql: 'SELECT pg_advisory_xact_lock(hashtext($1))', params: tables.slice(0, 1) };
  await database.batch([lock, ...ddl.map((sql) => ({ sql }))]);
}

function bySize(entries: readonly DialectEntry[]): DialectEntry[][] {
  const parts: DialectEntry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    if (bytes + entry.value.byteLength > BYTES_PER_STATEMENT) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(entry);
    bytes += entry.value.byteLength;
  }
  return parts;
}
