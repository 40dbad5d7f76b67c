import type { Clock } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { SqlDatabase } from '../backends/database/sql.ts';

/** Keys whose rows are inserted by one statement. */
const KEYS_PER_STEP = 500;
const SEED_DEADLINE_MS = 60_000;

export interface OriginOptions {
  /** Table to create; dropped by {@link Origin.drop}. */
  readonly table: string;
  readonly keys: number;
  /** Rows that the query of one key aggregates. */
  readonly rowsPerKey: number;
  /** Added to each query, in milliseconds: the network that is not there on this machine. */
  readonly delayMs: number;
}

/** What is behind all tiers: a table of a real database, and a query over some rows of it for each key. */
export class Origin {
  readonly #sql: SqlDatabase;
  readonly #options: OriginOptions;
  readonly #clock: Clock;
  readonly #query: string;

  private constructor(sql: SqlDatabase, options: OriginOptions, clock: Clock) {
    this.#sql = sql;
    this.#options = options;
    this.#clock = clock;
    this.#query = `SELECT count(*) AS items, sum(amount) AS total, max(version) AS version, max(note) AS note FROM ${options.table} WHERE key_index = $1`;
  }

  /** Creates the table and fills it, inside the database. Stops between two steps when `signal` aborts. */
  static async create(
    sql: SqlDatabase,
    options: OriginOptions,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Origin> {
    const { table, keys, rowsPerKey } = options;
    const long = { deadlineMs: SEED_DEADLINE_MS };
    await sql.query(
      `CREATE TABLE ${table} (key_index integer NOT NULL, item integer NOT NULL, amount integer NOT NULL, version integer NOT NULL, note text NOT NULL)`,
    );
    const origin = new Origin(sql, options, clock);
    try {
      for (let from = 0; from < keys; from += KEYS_PER_STEP) {
        signal.throwIfAborted();
        await sql.query(fillSql(table), [from, Math.min(keys, from + KEYS_PER_STEP), rowsPerKey], long);
      }
      await sql.query(`CREATE INDEX ${table}_by_key ON ${table} (key_index)`, [], long);
      return origin;
    } catch (error) {
      await origin.drop();
      throw error;
    }
  }

  /** Runs the query of one key and gives the version of its data. Rejects when rows are missing. */
  async load(keyIndex: number): Promise<number> {
    const { delayMs, rowsPerKey, table } = this.#options;
    if (delayMs > 0) await delay(this.#clock, delayMs);
    const row = await this.#sql.first(this.#query, [keyIndex]);
    if (Number(row?.['items']) === rowsPerKey) return Number(row?.['version']);
    throw new CachectlError(
      'SERVER_ERROR',
      `origin: key ${keyIndex} has ${String(row?.['items'])} of ${rowsPerKey} rows in ${table}`,
      { hint: 'the table was changed while the run was going on: give the run a database of its own' },
    );
  }

  async drop(): Promise<void> {
    await this.#sql.query(`DROP TABLE IF EXISTS ${this.#options.table}`, [], {
      deadlineMs: SEED_DEADLINE_MS,
    });
  }
}

function fillSql(table: string): string {
  return `INSERT INTO ${table} (key_index, item, amount, version, note)
    WITH RECURSIVE
      k(key_index) AS (SELECT CAST($1 AS integer) UNION ALL SELECT key_index + 1 FROM k WHERE key_index + 1 < CAST($2 AS integer)),
      i(item) AS (SELECT 1 UNION ALL SELECT item + 1 FROM i WHERE item < CAST($3 AS integer))
    SELECT key_index, item, (key_index * 31 + item * 17) % 1000, 1, 'line ' || item || ' of order ' || key_index FROM k CROSS JOIN i`;
}
