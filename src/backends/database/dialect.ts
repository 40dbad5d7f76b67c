import { createInFile, createOnce, type TableShape } from './schema.ts';
import type { SqlDatabase, SqlParam, SqlStatement, SqlValue } from './sql.ts';
import { postgresTimes, sqliteTimes, type TimeLog } from './time-log.ts';

/** Columns of rows that a statement is given, with what they hold. */
export type GivenColumns = Readonly<Record<string, 'bytes' | 'text' | 'number'>>;

export interface RowSource {
  /** Source of the rows that a statement is given, called `given`; the first column is the key. */
  given(columns: GivenColumns): string;
  /** The same without rows whose key is not in the table, whose rows it locks in the order of the keys. */
  givenLocked(table: string, columns: GivenColumns): string;
  /** Expression: `column` is one of the keys in `$1`. */
  amongKeys(column: string): string;
}

/** Where the two products differ. All times are milliseconds since the epoch on the database's own clock. */
export interface Dialect {
  /** Type of a bytes column, and of a time column. */
  readonly bytes: string;
  readonly time: string;
  /** Expression: now. */
  readonly now: string;
  /** Creates the tables and columns that are missing. */
  create(database: SqlDatabase, tables: readonly TableShape[]): Promise<void>;
  /** Whether the WITH of a query may hold changes. */
  readonly changesInQueries: boolean;
  /** How statements are given one row, as plain parameters, and how many. Plans for one are cheaper and are kept. */
  readonly one: RowSource;
  readonly many: RowSource;
  /** How keys are bound for {@link RowSource.amongKeys} of many. */
  bindKeys(keys: readonly Uint8Array[]): SqlParam;
  /** Statements that do `sql`, which was made for many, to rows whose keys ascend. Its other parameters follow those of the columns. */
  overMany(
    sql: string,
    rows: readonly (readonly SqlParam[])[],
    others: readonly SqlParam[],
  ): readonly SqlStatement[];
  readonly times: TimeLog;
  /** Source of the elements of a JSON array, called `item (value, place)`; expression: a JSON array of all `json` of a source. */
  readonly jsonItems: (json: string) => string;
  readonly jsonArray: (source: string) => string;
  /** Function: a JSON array of its arguments. */
  readonly jsonOf: string;
  /** For tables whose loss does no harm: not written ahead. */
  readonly unlogged: string;
  /** Added to a subselect of rows to delete, so that deletions at the same time wait for, or pass over, each other. */
  readonly lockOrdered: string;
  readonly lockFree: string;
  /** One row: `entries`, `used_bytes`. */
  stats(table: string): SqlStatement;
  /** One row of settings that matter, with `version`. */
  readonly describe: string;
}

const expired = (now: string): string => `expires_at <= ${now}`;

const POSTGRES_TYPES = { bytes: 'bytea', text: 'text', number: 'double precision' } as const;

/** One row needs no order of locks. */
function rowSource(value: (column: string, type: GivenColumns[string], i: number) => string): RowSource {
  const given = (columns: GivenColumns): string =>
    `(SELECT ${Object.entries(columns)
      .map(([column, type], i) => value(column, type, i))
      .join(', ')}) AS given`;
  return {
    given,
    givenLocked: (_table, columns) => given(columns),
    amongKeys: (column) => `${column} = $1`,
  };
}

const untypedRow: RowSource = rowSource((column, _type, i) => `$${i + 1} AS ${column}`);

function unnested(columns: GivenColumns): string {
  const lists = Object.values(columns).map((type, i) => `$${i + 1}::${POSTGRES_TYPES[type]}[]`);
  return `unnest(${lists.join(', ')}) AS given (${Object.keys(columns).join(', ')})`;
}

export const sqliteDialect: Dialect = {
  bytes: 'BLOB',
  time: 'REAL',
  now: "(unixepoch('subsec') * 1000.0)",
  create: createInFile,
  changesInQueries: false,
  one: untypedRow,
  many: { ...untypedRow, amongKeys: (column) => `${column} IN (SELECT unhex(value) FROM json_each($1))` },
  bindKeys: (keys) => JSON.stringify(keys.map((key) => Buffer.from(key).toString('hex'))),
  overMany: (sql, rows, others) => rows.map((row) => ({ sql, params: [...row, ...others] })),
  times: sqliteTimes,
  jsonItems: (json) => `(SELECT value, key AS place FROM json_each(${json})) AS item`,
  jsonArray: (source) =>
    `(SELECT json_group_array(json(json)) FROM (SELECT json FROM ${source} ORDER BY place))`,
  jsonOf: 'json_array',
  unlogged: '',
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
  now: "(date_part('epoch', clock_timestamp()) * 1000)",
  create: createOnce,
  changesInQueries: true,
  one: rowSource((column, type, i) => `$${i + 1}::${POSTGRES_TYPES[type]} AS ${column}`),
  many: {
    given: unnested,
    givenLocked: (table, columns) =>
      `(SELECT given.* FROM ${unnested(columns)} JOIN ${table} AS held ON held.key = given.key ORDER BY held.key FOR UPDATE OF held) AS given`,
    amongKeys: (column) => `${column} = ANY ($1::bytea[])`,
  },
  bindKeys: (keys) => keys,
  overMany: (sql, rows, others) =>
    bySize(rows).map((part) => ({
      sql,
      params: [...(part[0] ?? []).map((_first, i) => part.map((row) => row[i] as SqlValue)), ...others],
    })),
  times: postgresTimes,
  jsonItems: (json) => `json_array_elements(${json}::json) WITH ORDINALITY AS item (value, place)`,
  jsonArray: (source) => `(SELECT coalesce(json_agg(json ORDER BY place), '[]')::text FROM ${source})`,
  jsonOf: 'json_build_array',
  unlogged: 'UNLOGGED',
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

function bySize(rows: readonly (readonly SqlParam[])[]): (readonly SqlParam[])[][] {
  const parts: (readonly SqlParam[])[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const size = row.reduce(
      (sum: number, param) => sum + (param instanceof Uint8Array ? param.byteLength : 0),
      0,
    );
    if (bytes + size > BYTES_PER_STATEMENT) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
    bytes += size;
  }
  return parts;
}
