import { randomUUID } from 'node:crypto';
import type {
  Announced,
  FailureNote,
  Fetched,
  FencedAccess,
  HeldLease,
  Invalidated,
  Lease,
  LeasedEntry,
  Settled,
} from '../fenced.ts';
import type { Tier } from '../tier.ts';
import type { TierEntry } from '../tier-entry.ts';
import type { Dialect } from './dialect.ts';
import { bytesIn, type EntryChecks, inKeyOrder, type KeyedRow, mapKey } from './entries.ts';
import { type FenceSql, fenceSql } from './fence-sql.ts';
import {
  type CallOptions,
  type CallTime,
  oneDeadline,
  type Row,
  runTogether,
  type SqlDatabase,
  type SqlParam,
} from './sql.ts';

export interface FencedEntries {
  readonly table: string;
  /** Whose stores and deletions end leases, as all that change a row do. */
  readonly entries: Pick<Tier, 'setMany' | 'deleteMany'>;
  readonly checks: EntryChecks;
  readonly time: CallTime;
}

/** A database publishes nothing: the bus is elsewhere. */
const NOT_ANNOUNCED: Announced = { audience: undefined };

/**
 * Fenced access to rows that hold an entry and its lease ({@link entryTable}). Each call is one statement (in SQLite:
 * one for each key, in one transaction), and each statement locks rows in the order of their keys. In PostgreSQL, at
 * the level read committed, a statement that waited for a row goes on with the row as it is then: so a fill meets the
 * invalidation that came before it, and an invalidation the fill. Nothing needs to be locked for a key without a row:
 * what inserts it meets the others in the unique index.
 */
export class DatabaseFence implements FencedAccess {
  readonly #database: SqlDatabase;
  readonly #dialect: Dialect;
  readonly #with: FencedEntries;
  readonly #one: FenceSql;
  readonly #many: FenceSql;

  constructor(database: SqlDatabase, dialect: Dialect, options: FencedEntries) {
    this.#database = database;
    this.#dialect = dialect;
    this.#with = options;
    this.#one = fenceSql(options.table, dialect, dialect.one);
    this.#many = fenceSql(options.table, dialect, dialect.many);
  }

  async fetch(key: string, leaseMs: number): Promise<Fetched> {
    const [fetched] = await this.fetchMany([key], leaseMs);
    return fetched ?? { state: 'held' };
  }

  async fetchMany(keys: readonly string[], leaseMs: number): Promise<Fetched[]> {
    const asked = keys.map((key) => this.#ask(key));
    const rows = await this.#lookAndGrant(asked, leaseMs, 'fetch');
    return asked.map(({ id, token }) => {
      const row = rows.get(id);
      return row !== undefined && isHit(row) ? { state: 'hit', hit: toHit(row) } : toLease(row, token);
    });
  }

  async acquire(key: string, leaseMs: number): Promise<Lease> {
    const asked = this.#ask(key);
    const rows = await this.#lookAndGrant([asked], leaseMs, 'acquire');
    return toLease(rows.get(asked.id), asked.token);
  }

  async fill(entries: readonly LeasedEntry[]): Promise<boolean[]> {
    const rows = await this.#change((sql) => sql.fill, this.#leasedRows(entries));
    const stored = new Set(rows.map(idOf));
    return entries.map(({ key }) => stored.has(mapKey(this.#with.checks.key(key))));
  }

  async renew(key: string, token: string, leaseMs: number): Promise<string | undefined> {
    const rows = await this.#database.query(this.#one.renew, [this.#with.checks.key(key), token, leaseMs]);
    return rows.length === 1 ? token : undefined;
  }

  async release(leases: readonly HeldLease[], failure?: FailureNote): Promise<void> {
    const rows = leases.map(({ key, token }): KeyedRow => [this.#with.checks.key(key), token]);
    await this.#change((sql) => sql.release, rows, [failure?.message, failure?.forMs]);
  }

  async invalidate(keys: readonly string[]): Promise<Invalidated> {
    return { removed: await this.#with.entries.deleteMany(keys), ...NOT_ANNOUNCED };
  }

  async store(entries: readonly TierEntry[]): Promise<Announced> {
    await this.#with.entries.setMany(entries);
    return NOT_ANNOUNCED;
  }

  async claim(keys: readonly string[], leaseMs: number): Promise<HeldLease[]> {
    const claimed = keys.map((key) => ({ key, token: randomUUID() }));
    const rows = claimed.map(({ key, token }): KeyedRow => [this.#with.checks.key(key), token]);
    await this.#change((sql) => sql.claim, rows, [leaseMs]);
    return claimed;
  }

  async settle(entries: readonly LeasedEntry[]): Promise<Settled> {
    const rows = await this.#change((sql) => sql.settle, this.#leasedRows(entries));
    const stored = new Set(rows.filter((row) => row['stored'] === 1).map(idOf));
    return {
      stored: entries.map(({ key }) => stored.has(mapKey(this.#with.checks.key(key)))),
      ...NOT_ANNOUNCED,
    };
  }

  #ask(key: string): Asked {
    const bytes = this.#with.checks.key(key);
    return { bytes, id: mapKey(bytes), token: randomUUID() };
  }

  /**
   * What is known of each key, or that its lease was granted. In SQLite a statement that may change something holds up
   * every other process from its beginning: so it looks first, and only then asks for what may be granted.
   */
  async #lookAndGrant(
    asked: readonly Asked[],
    leaseMs: number,
    how: 'fetch' | 'acquire',
  ): Promise<Map<string, Row>> {
    const rows = asked.map(({ bytes, token }): KeyedRow => [bytes, token]);
    if (this.#dialect.changesInQueries)
      return byId(await this.#change((sql) => sql[how].together, rows, [leaseMs]));
    const left = oneDeadline(this.#with.time);
    const seen = byId(await this.#look(how, asked));
    const free = rows.filter(([key]) => {
      const row = seen.get(mapKey(key));
      return row === undefined || !(isTaken(row) || (how === 'fetch' && isHit(row)));
    });
    const granted = await this.#change((sql) => sql[how].grant, free, [leaseMs], left());
    return byId([...seen.values(), ...granted]);
  }

  async #look(how: 'fetch' | 'acquire', asked: readonly Asked[]): Promise<readonly Row[]> {
    const keys = asked.map(({ bytes }) => bytes);
    if (keys.length !== 1) return this.#database.query(this.#many[how].look, [this.#dialect.bindKeys(keys)]);
    const row = await this.#database.first(this.#one[how].look, keys);
    return row === undefined ? [] : [row];
  }

  async #change(
    statement: (sql: FenceSql) => string,
    rows: readonly KeyedRow[],
    others: readonly SqlParam[] = [],
    options?: CallOptions,
  ): Promise<readonly Row[]> {
    const [first, ...more] = inKeyOrder(rows);
    if (first === undefined) return [];
    if (more.length === 0) return this.#database.query(statement(this.#one), [...first, ...others], options);
    const statements = this.#dialect.overMany(statement(this.#many), [first, ...more], others);
    return runTogether(this.#database, statements, options);
  }

  #leasedRows(entries: readonly LeasedEntry[]): KeyedRow[] {
    const { checks } = this.#with;
    return entries.map(({ key, token, value, ttlMs }) => [
      checks.key(key),
      token,
      checks.value(key, value),
      ttlMs,
    ]);
  }
}

interface Asked {
  readonly bytes: Uint8Array;
  readonly id: string;
  readonly token: string;
}

const idOf = (row: Row): string => mapKey(bytesIn(row, 'key'));

/** The last row of each key: a grant comes after what was seen before it. */
const byId = (rows: readonly Row[]): Map<string, Row> => new Map(rows.map((row) => [idOf(row), row]));

const isHit = ({ granted, ttl_ms: ttlMs }: Row): boolean =>
  granted === 0 && (typeof ttlMs !== 'number' || ttlMs > 0);

const isTaken = ({ lease_ms: leaseMs }: Row): boolean => typeof leaseMs === 'number' && leaseMs > 0;

function toHit(row: Row): { value: Uint8Array; ttlMs?: number } {
  const ttlMs = row['ttl_ms'];
  const value = bytesIn(row, 'value');
  return typeof ttlMs === 'number' ? { value, ttlMs } : { value };
}

function toLease(row: Row | undefined, token: string): Lease {
  if (row?.['granted'] === 1) return { state: 'granted', token };
  const { failure, lease_ms: forMs } = row ?? {};
  if (typeof failure === 'string' && typeof forMs === 'number' && forMs > 0) {
    return { state: 'failed', message: failure, forMs };
  }
  // Also where nothing is known: the row came, or became free and was taken, while the statement ran.
  return { state: 'held' };
}
