import { CachectlError } from '../../base/errors.ts';
import { keyBytes } from '../keys.ts';
import { checkRateLimit, type Limiter, type RateDecision, type RateLimit } from '../limiter.ts';
import type { Dialect } from './dialect.ts';
import type { TableShape } from './schema.ts';
import type { SqlDatabase } from './sql.ts';

/** The table of the times of all that was allowed, one row a key. Lost in a crash of the server, limits begin anew. */
export function limiterTable(name: string, { bytes, times, time, unlogged }: Dialect): TableShape {
  return {
    name,
    ddl: [
      `CREATE ${unlogged} TABLE IF NOT EXISTS ${name} (key ${bytes} PRIMARY KEY NOT NULL, hits ${times.type} NOT NULL, expires_at ${time} NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS ${name}_expires_at ON ${name} (expires_at)`,
    ],
  };
}

/**
 * A log of times in one row, so that the window is exact, and what counts and what adds is one step under the lock of
 * the row. A second statement of the same transaction, before that lock is given up, tells what is left.
 */
export class DatabaseLimiter implements Limiter {
  readonly #database: SqlDatabase;
  readonly #sql: ReturnType<typeof statements>;
  #closed = false;

  constructor(database: SqlDatabase, dialect: Dialect, table: string) {
    this.#database = database;
    this.#sql = statements(table, dialect);
  }

  async hit(key: string, rate: RateLimit): Promise<RateDecision> {
    this.#checkOpen();
    checkRateLimit(rate);
    const { limit, windowMs, cost = 1 } = rate;
    const room = limit - cost;
    const units = JSON.stringify(Array.from({ length: cost }, () => 0));
    const [added, [left] = []] = await this.#database.batch([
      { sql: this.#sql.add, params: [keyBytes(key), windowMs, room, units] },
      { sql: this.#sql.left, params: [keyBytes(key), windowMs, room] },
    ]);
    const allowed = added?.length === 1;
    const retryAfterMs = Number(left?.['retry_ms'] ?? 0);
    return {
      allowed,
      remaining: Math.max(0, limit - Number(left?.['used'] ?? 0)),
      // What was refused a moment ago may be free by now.
      retryAfterMs: allowed ? 0 : Math.max(1, retryAfterMs),
    };
  }

  async reset(key: string): Promise<void> {
    this.#checkOpen();
    await this.#database.query(this.#sql.reset, [keyBytes(key)]);
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the limiter is closed');
  }
}

/** `$2` is the window, `$3` how much may have been used before, `$4` a JSON array as long as the cost. */
function statements(table: string, { now, times }: Dialect) {
  const since = `${now} - $2`;
  const hits = `${table}.hits`;
  return {
    add:
      `INSERT INTO ${table} (key, hits, expires_at) VALUES ($1, ${times.begin(now, '$4')}, ${now} + $2) ` +
      `ON CONFLICT (key) DO UPDATE SET hits = ${times.append(hits, since, now, '$4')}, expires_at = ${now} + $2 ` +
      `WHERE ${times.count(hits, since)} <= $3 RETURNING 1 AS added`,
    left:
      `SELECT ${times.count(hits, since)} AS used, ${times.fromEnd(hits, '$3')} + $2 - ${now} AS retry_ms ` +
      `FROM ${table} WHERE key = $1`,
    reset: `DELETE FROM ${table} WHERE key = $1`,
  };
}
