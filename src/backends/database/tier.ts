import type { FencedAccess } from '../fenced.ts';
import type { GetOptions, Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import type { Dialect } from './dialect.ts';
import {
  bytesIn,
  END_LEASE,
  EntryChecks,
  expiryOf,
  inKeyOrder,
  isLive,
  type KeyedRow,
  mapKey,
  MAX_KEY_BYTES,
  MAX_VALUE_BYTES,
  ROWS_PER_STEP,
} from './entries.ts';
import { DatabaseFence } from './fenced.ts';
import { type CallTime, runTogether, type Row, type SqlDatabase } from './sql.ts';

export interface TierTable {
  /** Tables are called by it; a checked name. */
  readonly table: string;
  /** What the tier is called in metrics. */
  readonly name: string;
  readonly capabilities: Pick<TierCapabilities, 'shared' | 'persistent'>;
}

/** Entries as rows of one table, whose times are all on the database's own clock. */
export class DatabaseTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities;
  readonly fenced: FencedAccess;
  readonly #database: SqlDatabase;
  readonly #dialect: Dialect;
  readonly #table: string;
  readonly #sql: ReturnType<typeof statements>;
  readonly #expirations: () => number;
  readonly #checks: EntryChecks;

  constructor(
    database: SqlDatabase,
    dialect: Dialect,
    { table, name, capabilities }: TierTable,
    time: CallTime,
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
    this.#checks = new EntryChecks(name);
    this.fenced = new DatabaseFence(database, dialect, { table, entries: this, checks: this.#checks, time });
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    const row = await this.#database.first(this.#sql.get, [this.#checks.key(key)]);
    return row === undefined ? undefined : toHit(row, options);
  }

  async getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    const wanted = keys.map((key) => this.#checks.key(key));
    if (wanted.length === 0) return [];
    const rows = await this.#database.query(this.#sql.getMany, [this.#dialect.bindKeys(wanted)]);
    const found = new Map(rows.map((row) => [mapKey(bytesIn(row, 'key')), toHit(row, options)]));
    return wanted.map((key) => found.get(mapKey(key)));
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    const row = [this.#checks.key(key), this.#checks.value(key, value), ttlMs];
    if (ttlMs !== undefined && ttlMs <= 0) await this.delete(key);
    else await this.#database.query(this.#sql.set, row);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    // The last entry of a key wins, as with one call after another; one statement cannot store a row twice.
    const rows = inKeyOrder(
      entries.map(({ key, value, ttlMs }): KeyedRow => {
        const bytes = this.#checks.value(key, value);
        return [this.#checks.key(key), ttlMs !== undefined && ttlMs <= 0 ? NOTHING : bytes, ttlMs];
      }),
    );
    await runTogether(this.#database, this.#dialect.overMany(this.#sql.setMany, rows, []));
  }

  async delete(key: TierKey): Promise<boolean> {
    const rows = await this.#database.query(this.#sql.delete, [this.#checks.key(key)]);
    return liveRows(rows) === 1;
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    const unwanted = keys.map((key) => this.#checks.key(key));
    if (unwanted.length === 0) return 0;
    if (unwanted.length === 1) return liveRows(await this.#database.query(this.#sql.delete, unwanted));
    return liveRows(await this.#database.query(this.#sql.deleteMany, [this.#dialect.bindKeys(unwanted)]));
  }

  async deletePrefix(prefix: string): Promise<number> {
    this.#checks.open();
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
    this.#checks.open();
    const { sql, params } = this.#dialect.stats(this.#table);
    const row = await this.#database.first(sql, params);
    return {
      entries: Number(row?.['entries']),
      usedBytes: Number(row?.['used_bytes']),
      expirations: this.#expirations(),
    };
  }

  async close(): Promise<void> {
    this.#checks.close();
  }
}

const NOTHING = new Uint8Array();

function statements(table: string, dialect: Dialect) {
  const { now, lockOrdered } = dialect;
  const live = isLive(table, now);
  const onConflict = `ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, ${END_LEASE}`;
  const given = dialect.many.given({ key: 'bytes', value: 'bytes', ttl: 'number' });
  const read = `SELECT key, value, expires_at - ${now} AS ttl_ms FROM ${table}`;
  const deleteWhere = (condition: string): string =>
    `DELETE FROM ${table} WHERE ${condition} RETURNING CASE WHEN ${live} THEN 1 ELSE 0 END AS live`;
  const some = (condition: string, limit: string): string =>
    deleteWhere(`key IN (SELECT key FROM ${table} WHERE ${condition} ${limit})`);
  const step =
    lockOrdered === '' ? `LIMIT ${ROWS_PER_STEP}` : lockOrdered.replace('FOR', `LIMIT ${ROWS_PER_STEP} FOR`);
  return {
    get: `SELECT value, expires_at - ${now} AS ttl_ms FROM ${table} WHERE key = $1 AND ${live}`,
    getMany: `${read} WHERE ${dialect.many.amongKeys('key')} AND ${live}`,
    set: `INSERT INTO ${table} (key, value, expires_at) VALUES ($1, $2, ${now} + $3) ${onConflict}`,
    setMany:
      `INSERT INTO ${table} (key, value, expires_at) SELECT key, value, ${expiryOf('ttl', now)} ` +
      `FROM ${given} WHERE 1 = 1 ORDER BY key ${onConflict}`,
    delete: deleteWhere('key = $1'),
    deleteMany: some(dialect.many.amongKeys('key'), lockOrdered),
    deleteRange: some('key >= $1 AND key < $2', step),
    deleteAny: some('1 = 1', step),
  };
}

const liveRows = (rows: readonly Row[]): number => rows.filter((row) => row['live'] === 1).length;

function toHit(row: Row, options: GetOptions | undefined): TierHit {
  const value = bytesIn(row, 'value');
  const ttlMs = row['ttl_ms'];
  return options?.withTtl === true && typeof ttlMs === 'number' ? { value, ttlMs } : { value };
}

/** The least key that is greater than every key with the prefix. No byte of UTF-8 is 0xff. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}
