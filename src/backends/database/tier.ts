import { CachectlError } from '../../base/errors.ts';
import { checkKeySize, checkValueSize, keyBytes } from '../keys.ts';
import type { GetOptions, Tier, TierCapabilities, TierEntry, TierHit, TierKey, TierStats } from '../tier.ts';
import { type Dialect, type DialectEntry, upsertSql } from './dialect.ts';
import type { Row, SqlDatabase } from './sql.ts';

/** A b-tree entry of PostgreSQL holds about 2,700 bytes. */
const MAX_KEY_BYTES = 1024;
const MAX_VALUE_BYTES: number = 64 * 1024 * 1024;
/** Rows that one statement of a mass deletion takes: few, so that others never wait long for it. */
export const ROWS_PER_STEP = 500;

export interface TierTable {
  /** Tables are called by it; a checked name. */
  readonly table: string;
  /** What the tier is called in metrics. */
  readonly name: string;
  readonly capabilities: Pick<TierCapabilities, 'shared' | 'persistent'>;
}

/** Statements that create the tier's table and what finds expired rows in it. */
export function tierTable(table: string, dialect: Dialect): readonly string[] {
  const { bytes, time } = dialect;
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (key ${bytes} PRIMARY KEY NOT NULL, value ${bytes} NOT NULL, expires_at ${time})`,
    `CREATE INDEX IF NOT EXISTS ${table}_expires_at ON ${table} (expires_at) WHERE expires_at IS NOT NULL`,
  ];
}

/** Entries as rows of one table, whose times are all on the database's own clock. */
export class DatabaseTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  readonly #database: SqlDatabase;
  readonly #dialect: Dialect;
  readonly #table: string;
  readonly #sql: ReturnType<typeof statements>;
  readonly #expirations: () => number;
  #closed = false;

  constructor(
    database: SqlDatabase,
    dialect: Dialect,
    { table, name, capabilities }: TierTable,
    expirations: () => number,
  ) {
    this.name = name;
    this.capabilities = {
      ttlResolutionMs: 1,
      maxKeyBytes: MAX_KEY_BYTES,
      maxValueBytes: MAX_VALUE_BYTES,
      reportsTtl: true,
      enumerates: true,
      ...capabilities,
    };
    this.#database = database;
    this.#dialect = dialect;
    this.#table = table;
    this.#sql = statements(table, dialect);
    this.#expirations = expirations;
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    const row = await this.#database.first(this.#sql.get, [this.#key(key)]);
    return row === undefined ? undefined : toHit(row, options);
  }

  async getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    const wanted = keys.map((key) => this.#key(key));
    if (wanted.length === 0) return [];
    const rows = await this.#database.query(this.#sql.getMany, [this.#dialect.bindKeys(wanted)]);
    const found = new Map(rows.map((row) => [mapKey(bytesIn(row, 'key')), toHit(row, options)]));
    return wanted.map((key) => found.get(mapKey(key)));
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    const entry = this.#entry({ key, value, ttlMs });
    if (ttlMs !== undefined && ttlMs <= 0) await this.delete(key);
    else await this.#database.query(this.#sql.set, [entry.key, entry.value, entry.ttlMs]);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    // The last entry of a key wins, as with one call after another; one statement cannot store a row twice.
    const byKey = new Map(entries.map((entry) => [mapKey(keyBytes(entry.key)), this.#entry(entry)]));
    const all = [...byKey.values()];
    const ended = all.filter(({ ttlMs }) => ttlMs !== undefined && ttlMs <= 0).map(({ key }) => key);
    const live = all.filter(({ ttlMs }) => ttlMs === undefined || ttlMs > 0);
    const work = [...this.#dialect.upsertMany(this.#table, live)];
    if (ended.length > 0) work.push({ sql: this.#sql.deleteMany, params: [this.#dialect.bindKeys(ended)] });
    if (work.length > 0) await this.#database.batch(work);
  }

  async delete(key: TierKey): Promise<boolean> {
    const rows = await this.#database.query(this.#sql.delete, [this.#key(key)]);
    return liveRows(rows) === 1;
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    const unwanted = keys.map((key) => this.#key(key));
    if (unwanted.length === 0) return 0;
    return liveRows(await this.#database.query(this.#sql.deleteMany, [this.#dialect.bindKeys(unwanted)]));
  }

  async deletePrefix(prefix: string): Promise<number> {
    this.#checkOpen();
    const begin = Buffer.from(prefix, 'utf8');
    let deleted = 0;
    for (;;) {
      const rows =
        begin.length === 0
          ? await this.#database.query(this.#sql.deleteAny)
          : await this.#database.query(this.#sql.deleteRange, [begin, afterPrefix(begin)]);
      deleted += liveRows(rows);
      if (rows.length < ROWS_PER_STEP) return deleted;
    }
  }

  async stats(): Promise<TierStats> {
    this.#checkOpen();
    const { sql, params } = this.#dialect.stats(this.#table);
    const row = await this.#database.first(sql, params);
    return {
      entries: Number(row?.['entries']),
      usedBytes: Number(row?.['used_bytes']),
      expirations: this.#expirations(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #key(key: TierKey): Uint8Array {
    this.#checkOpen();
    const bytes = keyBytes(key);
    checkKeySize(this.name, key, bytes.byteLength, MAX_KEY_BYTES);
    return bytes;
  }

  #entry({ key, value, ttlMs }: TierEntry): DialectEntry {
    checkValueSize(this.name, key, value.byteLength, MAX_VALUE_BYTES);
    return { key: this.#key(key), value, ttlMs };
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.name}: the tier is closed`);
  }
}

function statements(table: string, dialect: Dialect) {
  const { now, lockOrdered } = dialect;
  const live = `(expires_at IS NULL OR expires_at > ${now})`;
  const read = `SELECT key, value, expires_at - ${now} AS ttl_ms FROM ${table}`;
  const deleteWhere = (condition: string): string =>
    `DELETE FROM ${table} WHERE ${condition} RETURNING CASE WHEN ${live} THEN 1 ELSE 0 END AS live`;
  const some = (condition: string, limit: string): string =>
    deleteWhere(`key IN (SELECT key FROM ${table} WHERE ${condition} ${limit})`);
  const step =
    lockOrdered === '' ? `LIMIT ${ROWS_PER_STEP}` : lockOrdered.replace('FOR', `LIMIT ${ROWS_PER_STEP} FOR`);
  return {
    get: `SELECT value, expires_at - ${now} AS ttl_ms FROM ${table} WHERE key = $1 AND ${live}`,
    getMany: `${read} WHERE ${dialect.amongKeys('key')} AND ${live}`,
    set: upsertSql(table, dialect),
    delete: deleteWhere('key = $1'),
    deleteMany: some(dialect.amongKeys('key'), lockOrdered),
    deleteRange: some('key >= $1 AND key < $2', step),
    deleteAny: some('1 = 1', step),
  };
}

const mapKey = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

const liveRows = (rows: readonly Row[]): number => rows.filter((row) => row['live'] === 1).length;

function toHit(row: Row, options: GetOptions | undefined): TierHit {
  const value = bytesIn(row, 'value');
  const ttlMs = row['ttl_ms'];
  return options?.withTtl === true && typeof ttlMs === 'number' ? { value, ttlMs } : { value };
}

function bytesIn(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw new CachectlError(
    'CORRUPT_ENTRY',
    `the column ${column} holds no bytes; the table is not cachectl's`,
  );
}

/** The least key that is greater than every key with the prefix. No byte of UTF-8 is 0xff. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}
