import { randomUUID } from 'node:crypto';
import { CachectlError } from '../../base/errors.ts';
import { keyBytes } from '../keys.ts';
import type { LeaseGrant, LeaseStore } from '../lease.ts';
import type { Dialect } from './dialect.ts';
import type { TableShape } from './schema.ts';
import type { SqlDatabase } from './sql.ts';

export function leaseTable(name: string, { bytes, time }: Dialect): TableShape {
  return {
    name,
    ddl: [
      `CREATE TABLE IF NOT EXISTS ${name} (key ${bytes} PRIMARY KEY NOT NULL, token text NOT NULL, expires_at ${time} NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS ${name}_expires_at ON ${name} (expires_at)`,
    ],
  };
}

/** Leases as rows: one statement each, so that the database itself decides between those who ask at once. */
export class DatabaseLeaseStore implements LeaseStore {
  readonly #database: SqlDatabase;
  readonly #sql: { readonly acquire: string; readonly renew: string; readonly release: string };
  #closed = false;

  constructor(database: SqlDatabase, { now }: Dialect, table: string) {
    this.#database = database;
    const held = `key = $1 AND token = $2 AND expires_at > ${now}`;
    this.#sql = {
      acquire:
        `INSERT INTO ${table} AS held (key, token, expires_at) VALUES ($1, $2, ${now} + $3) ` +
        'ON CONFLICT (key) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at ' +
        `WHERE held.expires_at <= ${now} RETURNING token`,
      renew: `UPDATE ${table} SET expires_at = ${now} + $3 WHERE ${held} RETURNING token`,
      release: `DELETE FROM ${table} WHERE ${held} RETURNING token`,
    };
  }

  async acquire(key: string, ttlMs: number): Promise<LeaseGrant> {
    const token = randomUUID();
    const granted = await this.#changed(this.#sql.acquire, [keyBytes(key), token, ttlMs]);
    return granted ? { granted: true, token } : { granted: false };
  }

  renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return this.#changed(this.#sql.renew, [keyBytes(key), token, ttlMs]);
  }

  release(key: string, token: string): Promise<boolean> {
    return this.#changed(this.#sql.release, [keyBytes(key), token]);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #changed(sql: string, params: readonly (string | number | Uint8Array)[]): Promise<boolean> {
    if (this.#closed) throw new CachectlError('CLOSED', 'the lease store is closed');
    return (await this.#database.query(sql, params)).length === 1;
  }
}
