import { CachectlError } from '../../base/errors.ts';
import { checkKeySize, checkValueSize, keyBytes } from '../keys.ts';
import type { TierKey } from '../tier-entry.ts';
import type { Dialect } from './dialect.ts';
import type { TableShape } from './schema.ts';
import type { Row, SqlParam } from './sql.ts';

/** A b-tree entry of PostgreSQL holds about 2,700 bytes. */
export const MAX_KEY_BYTES = 1024;
export const MAX_VALUE_BYTES: number = 64 * 1024 * 1024;
/** Rows that one statement of a mass deletion takes: few, so that others never wait long for it. */
export const ROWS_PER_STEP = 500;

/**
 * A row is what is known of a key: its entry, and beside it a lease or a note of failure until `lease_until`. A key
 * that has a lease and no entry has an empty value that expired at {@link NO_ENTRY}. Because one row holds both,
 * whatever changes an entry and its lease is one step of the database, ordered by the lock of that row.
 */
export function entryTable(name: string, { bytes, time }: Dialect): TableShape {
  const added = { lease_token: 'text', lease_until: time, failure: 'text' };
  const lease = Object.entries(added).map(([column, type]) => `${column} ${type}`);
  return {
    name,
    added,
    ddl: [
      `CREATE TABLE IF NOT EXISTS ${name} (key ${bytes} PRIMARY KEY NOT NULL, value ${bytes} NOT NULL, expires_at ${time}, ${lease.join(', ')})`,
      `CREATE INDEX IF NOT EXISTS ${name}_expires_at ON ${name} (expires_at) WHERE expires_at IS NOT NULL`,
    ],
  };
}

export const NO_ENTRY = 0;

/** Conditions: the row has an entry; its lease, or its note of failure, is in force. */
export function isLive(row: string, now: string): string {
  return `(${row}.expires_at IS NULL OR ${row}.expires_at > ${now})`;
}

export function isLeased(row: string, now: string): string {
  return `(${row}.lease_until IS NOT NULL AND ${row}.lease_until > ${now})`;
}

/** Expression: when what is stored now for `ttl` milliseconds expires. */
export function expiryOf(ttl: string, now: string): string {
  return `CASE WHEN ${ttl} <= 0 THEN ${NO_ENTRY} ELSE ${now} + ${ttl} END`;
}

export const END_LEASE = 'lease_token = NULL, lease_until = NULL, failure = NULL';

export function bytesIn(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw new CachectlError(
    'CORRUPT_ENTRY',
    `the column ${column} holds no bytes; the table is not cachectl's`,
  );
}

/** Different bytes have different texts. */
export const mapKey = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

/** What every call is held to, whichever way it reaches the entries. */
export class EntryChecks {
  readonly #name: string;
  #closed = false;

  constructor(name: string) {
    this.#name = name;
  }

  close(): void {
    this.#closed = true;
  }

  /** @throws CachectlError `CLOSED` */
  open(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.#name}: the tier is closed`);
  }

  key(key: TierKey): Uint8Array {
    this.open();
    const bytes = keyBytes(key);
    checkKeySize(this.#name, key, bytes.byteLength, MAX_KEY_BYTES);
    return bytes;
  }

  value(key: TierKey, value: Uint8Array): Uint8Array {
    checkValueSize(this.#name, key, value.byteLength, MAX_VALUE_BYTES);
    return value;
  }
}

/** A row of parameters whose first one is its key. */
export type KeyedRow = readonly [key: Uint8Array, ...others: SqlParam[]];

/** The last row of each key, in the order in which all statements lock rows: then none waits for another in a circle. */
export function inKeyOrder(rows: readonly KeyedRow[]): KeyedRow[] {
  const byKey = new Map(rows.map((row) => [mapKey(row[0]), row]));
  return [...byKey.values()].sort(([a], [b]) => Buffer.compare(a, b));
}
