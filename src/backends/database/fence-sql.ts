import type { Dialect, RowSource } from './dialect.ts';
import { END_LEASE, expiryOf, isLeased, isLive, NO_ENTRY } from './entries.ts';

interface LeaseSql {
  /** Rows of what is there, and after them of what was granted, in one statement. */
  readonly together: string;
  /** The same in two. */
  readonly look: string;
  readonly grant: string;
}

export interface FenceSql {
  readonly fetch: LeaseSql;
  readonly acquire: LeaseSql;
  readonly fill: string;
  readonly settle: string;
  readonly renew: string;
  readonly release: string;
  readonly claim: string;
}

const LEASE = { key: 'bytes', token: 'text' } as const;
const FILL = { ...LEASE, value: 'bytes', ttl: 'number' } as const;

/** Statements of {@link DatabaseFence}, for rows that come as `rows` says. Times that they are given are in milliseconds from now. */
export function fenceSql(table: string, { now }: Dialect, rows: RowSource): FenceSql {
  const leased = isLeased(table, now);
  const owned = `${table}.lease_token = given.token AND ${leased}`;
  const update = (set: string, columns: typeof LEASE | typeof FILL, condition: string): string =>
    `UPDATE ${table} SET ${set} FROM ${rows.givenLocked(table, columns)} WHERE ${table}.key = given.key${condition}`;
  const expiry = expiryOf('given.ttl', now);
  return {
    fetch: leaseSql(table, now, rows, {
      value: `CASE WHEN ${isLive('held', 'clock.at')} THEN value END`,
      free: `NOT ${isLeased('held', now)} AND NOT ${isLive('held', now)}`,
      taken: 'lease_ms > 0 OR ttl_ms IS NULL OR ttl_ms > 0',
    }),
    acquire: leaseSql(table, now, rows, {
      value: 'NULL',
      free: `NOT ${isLeased('held', now)}`,
      taken: 'lease_ms > 0',
    }),
    fill: `${update(`value = given.value, expires_at = ${expiry}, ${END_LEASE}`, FILL, ` AND ${owned}`)} RETURNING ${table}.key`,
    settle:
      `${update(`value = given.value, expires_at = CASE WHEN ${owned} THEN ${expiry} ELSE ${NO_ENTRY} END, ${END_LEASE}`, FILL, '')} ` +
      `RETURNING ${table}.key, CASE WHEN ${table}.expires_at = ${NO_ENTRY} THEN 0 ELSE 1 END AS stored`,
    renew: `UPDATE ${table} SET lease_until = ${now} + $3 WHERE key = $1 AND lease_token = $2 AND ${leased} RETURNING lease_token`,
    release: update(`lease_token = NULL, failure = $3, lease_until = ${now} + $4`, LEASE, ` AND ${owned}`),
    claim:
      `INSERT INTO ${table} (key, value, expires_at, lease_token, lease_until) ` +
      `SELECT key, '', ${NO_ENTRY}, token, ${now} + $3 FROM ${rows.given(LEASE)} WHERE 1 = 1 ORDER BY key ` +
      'ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at, ' +
      'lease_token = excluded.lease_token, lease_until = excluded.lease_until, failure = NULL',
  };
}

interface LeaseConditions {
  /** Expression: the entry's value, where it is wanted. */
  readonly value: string;
  /** Condition on a row: a lease may be granted. */
  readonly free: string;
  /** The contrary, on what was seen of it. */
  readonly taken: string;
}

/**
 * A lease where there is none. The insert decides on the row as it is when it has come to it, whatever was seen: what
 * came in between is left alone. The clock is read once for all that is seen, because that takes long.
 */
function leaseSql(
  table: string,
  now: string,
  rows: RowSource,
  { value, free, taken }: LeaseConditions,
): LeaseSql {
  const look =
    `SELECT key, ${value} AS value, expires_at - clock.at AS ttl_ms, lease_until - clock.at AS lease_ms, failure, 0 AS granted ` +
    `FROM ${table} AS held, (SELECT ${now} AS at LIMIT 1) AS clock WHERE ${rows.amongKeys('key')}`;
  const grant = (unless: string): string =>
    `INSERT INTO ${table} AS held (key, value, expires_at, lease_token, lease_until) ` +
    `SELECT key, '', ${NO_ENTRY}, token, ${now} + $3 FROM ${rows.given(LEASE)} WHERE ${unless} ORDER BY key ` +
    'ON CONFLICT (key) DO UPDATE SET lease_token = excluded.lease_token, lease_until = excluded.lease_until, failure = NULL ' +
    `WHERE ${free} RETURNING key`;
  return {
    look,
    grant: `${grant('1 = 1')}, 1 AS granted`,
    together:
      `WITH seen AS MATERIALIZED (${look}), ` +
      `granted AS (${grant(`NOT EXISTS (SELECT FROM seen WHERE seen.key = given.key AND (${taken}))`)}) ` +
      'SELECT key, value, ttl_ms, lease_ms, failure, granted FROM seen ' +
      'UNION ALL SELECT key, NULL, NULL, NULL, NULL, 1 FROM granted',
  };
}
