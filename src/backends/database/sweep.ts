import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Dialect } from './dialect.ts';
import type { SqlDatabase } from './sql.ts';
import { NO_ENTRY, ROWS_PER_STEP } from './entries.ts';

export interface SweepOptions {
  readonly tables: readonly SweptTable[];
  readonly intervalMs: number;
  readonly clock: Clock;
}

/** A table with columns `key` and `expires_at`. */
export interface SweptTable {
  readonly table: string;
  /** Condition: an expired row is still needed. */
  readonly unless?: string;
}

/**
 * Deletes expired rows in the background, in small steps. Reads never return them, so a sweep that fails or is late
 * costs only room; it is tried again after the interval. Several may sweep one table at the same time.
 */
export class Sweeper {
  readonly #database: SqlDatabase;
  readonly #dialect: Dialect;
  readonly #options: SweepOptions;
  #cancelTimer: CancelTimer | undefined;
  #stopped = false;
  readonly #swept = new Map<string, number>();

  constructor(database: SqlDatabase, dialect: Dialect, options: SweepOptions) {
    this.#database = database;
    this.#dialect = dialect;
    this.#options = options;
  }

  start(): void {
    this.#cancelTimer = this.#options.clock.setTimer(() => void this.#tick(), this.#options.intervalMs, {
      background: true,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Rows of the table that this sweeper has deleted, but for those that never held anything until they expired. */
  swept(table: string): number {
    return this.#swept.get(table) ?? 0;
  }

  /** Deletes what has expired until now. */
  async sweep(): Promise<void> {
    for (const swept of this.#options.tables) {
      let rows = ROWS_PER_STEP;
      while (rows === ROWS_PER_STEP && !this.#stopped) rows = await this.#step(swept);
    }
  }

  /** How many rows it deleted. */
  async #step({ table, unless }: SweptTable): Promise<number> {
    const { now, lockFree } = this.#dialect;
    const expired = `expires_at <= ${now}${unless === undefined ? '' : ` AND NOT ${unless}`}`;
    const some = `SELECT key FROM ${table} WHERE ${expired} LIMIT ${ROWS_PER_STEP} ${lockFree}`;
    const rows = await this.#database.query(
      `DELETE FROM ${table} WHERE key IN (${some}) RETURNING CASE WHEN expires_at > ${NO_ENTRY} THEN 1 ELSE 0 END AS held`,
    );
    this.#swept.set(table, this.swept(table) + rows.filter((row) => row['held'] === 1).length);
    return rows.length;
  }

  async #tick(): Promise<void> {
    await this.sweep().catch(() => {});
    if (!this.#stopped) this.start();
  }
}
