import type { Clock } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { SqlDatabase } from '../backends/database/sql.ts';
import type { Scenario } from '../config/scenario.ts';
import type { RunNames } from './names.ts';

/** Rows that are inserted by one statement. */
const ROWS_PER_STEP = 20_000;
const SEED_DEADLINE_MS = 60_000;
/** How long the others wait for the origin that one of them makes, and how often they look. */
const FIND_MS = 60_000;
const FIND_PAUSE_MS = 250;

export interface OriginOptions {
  /** Table to create; dropped by {@link Origin.drop}. */
  readonly table: string;
  readonly keys: number;
  /** Rows that the query of one key aggregates. */
  readonly rowsPerKey: number;
  /** Added to each query, in milliseconds: the network that is not there on this machine. */
  readonly delayMs: number;
}

/** The origin of a run, by its names. */
export function originOptions({ table }: RunNames, { keyspace, origin }: Scenario): OriginOptions {
  return { table: `${table}_origin`, keys: keyspace.keys, ...origin };
}

/**
 * What is behind all tiers: a table of a real database, and for each key a query that aggregates as many of its
 * rows as the scenario says, from the key's own row on.
 */
export class Origin {
  readonly #sql: SqlDatabase;
  readonly #options: OriginOptions;
  readonly #clock: Clock;
  readonly #query: string;

  /** The origin whose table is there already; {@link Origin.create} makes it. */
  constructor(sql: SqlDatabase, options: OriginOptions, clock: Clock) {
    this.#sql = sql;
    this.#options = options;
    this.#clock = clock;
    this.#query = `SELECT count(*) AS rows_read, sum(amount) AS total, max(note) AS note,
      max(CASE WHEN id = $1 THEN version END) AS version
      FROM ${options.table} WHERE id >= $1 AND id < $2`;
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
      `CREATE TABLE ${table} (id integer PRIMARY KEY, amount integer NOT NULL, version integer NOT NULL, note text NOT NULL)`,
    );
    const origin = new Origin(sql, options, clock);
    const rows = keys + rowsPerKey;
    try {
      for (let from = 0; from < rows; from += ROWS_PER_STEP) {
        signal.throwIfAborted();
        await sql.query(fillSql(table), [from, Math.min(rows, from + ROWS_PER_STEP)], long);
      }
      return origin;
    } catch (error) {
      await origin.drop();
      throw error;
    }
  }

  /** The origin that another machine makes: waits until it is whole. @throws CachectlError `SERVER_UNREACHABLE` after a minute */
  static async find(
    sql: SqlDatabase,
    options: OriginOptions,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Origin> {
    const rows = options.keys + options.rowsPerKey;
    const endMs = clock.nowMs() + FIND_MS;
    while (clock.nowMs() < endMs) {
      const found = await sql.first(`SELECT count(*) AS rows FROM ${options.table}`).catch(() => undefined);
      if (Number(found?.['rows']) === rows) return new Origin(sql, options, clock);
      await delay(clock, FIND_PAUSE_MS, signal);
    }
    throw new CachectlError(
      'SERVER_UNREACHABLE',
      `origin: there is no table ${options.table} of ${rows} rows`,
      {
        hint: 'the first share makes it: start all shares with the same scenario, seed and --start-at',
      },
    );
  }

  /** Runs the query of one key and gives the version of its data. Rejects when rows are missing. */
  async load(keyIndex: number): Promise<number> {
    const { delayMs, rowsPerKey, table } = this.#options;
    if (delayMs > 0) await delay(this.#clock, delayMs);
    const row = await this.#sql.first(this.#query, [keyIndex, keyIndex + rowsPerKey]);
    if (Number(row?.['rows_read']) === rowsPerKey) return Number(row?.['version']);
    throw new CachectlError(
      'SERVER_ERROR',
      `origin: key ${keyIndex} has ${String(row?.['rows_read'])} of ${rowsPerKey} rows in ${table}`,
      { hint: 'the table was changed while the run was going on: give the run a database of its own' },
    );
  }

  /** Changes the data of a key, as an application does; gives the version that is now the newest. */
  async change(keyIndex: number): Promise<number> {
    const { table } = this.#options;
    const [row] = await this.#sql.query(
      `UPDATE ${table} SET version = version + 1 WHERE id = $1 RETURNING version`,
      [keyIndex],
    );
    if (row !== undefined) return Number(row['version']);
    throw new CachectlError('SERVER_ERROR', `origin: there is no key ${keyIndex} in ${table}`);
  }

  async drop(): Promise<void> {
    await this.#sql.query(`DROP TABLE IF EXISTS ${this.#options.table}`, [], {
      deadlineMs: SEED_DEADLINE_MS,
    });
  }
}

function fillSql(table: string): string {
  return `INSERT INTO ${table} (id, amount, version, note)
    WITH RECURSIVE i(id) AS (SELECT CAST($1 AS integer) UNION ALL SELECT id + 1 FROM i WHERE id + 1 < CAST($2 AS integer))
    SELECT id, id * 31 % 1000, 1, 'order line ' || id FROM i`;
}
