import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Dialect } from './dialect.ts';
import type { SqlDatabase } from './sql.ts';
import { ROWS_PER_STEP } from './tier.ts';

export interface SweepOptions {
  /** Tables with columns `key` and `expires_at`. */
  readonly tables: readonly string[];
  readonly intervalMs: number;
  readonly clock: Clock;
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

  /** Rows of the table that this sweeper has deleted. */
  swept(table: string): number {
    return this.#swept.get(table) ?? 0;
  }

  /** Deletes what has expired until now. */
  async sweep(): Promise<void> {
    for (const table of this.#options.tables) {
      let rows = ROWS_PER_STEP;
      while (rows === ROWS_PER_STEP && !this.#stopped) {
        rows = await this.#step(table);
        this.#swept.set(table, this.swept(table) + rows);
      }
    }
  }

  async #step(table: string): Promise<number> {
    const { now, lockFree } = this.#dialect;
    const expired = `SELECT key FROM ${table} WHERE expires_at <= ${now} LIMIT ${ROWS_PER_STEP} ${lockFree}`;
    const rows = await this.#database.query(
      `DELETE FROM ${table} WHERE key IN (${expired}) RETURNING 1 AS swept`,
    );
    return rows.length;
  }

  async #tick(): Promise<void> {
    await this.sweep().catch(() => {});
    if (!this.#stopped) this.start();
  }
}
