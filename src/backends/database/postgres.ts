import { Client, Pool, type ClientConfig, type PoolClient, type CustomTypesConfig, types } from 'pg';
import type { Clock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import { isCachectlError } from '../../base/errors.ts';
import { closedError, databaseError, deadlineError, postgresError, textIn } from './errors.ts';
import type { CallOptions, Row, SqlDatabase, SqlParam, SqlStatement } from './sql.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  /** Connections at most. */
  readonly poolSize: number;
  readonly clock: Clock;
}

/** Where a URL leads, as the driver reads it. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  /** Without the password. */
  readonly address: string;
}

const STATEMENTS_KEPT = 500;

/** Type numbers of int8 and numeric. */
const AS_NUMBER: ReadonlySet<number> = new Set([20, 1700]);

/** Numbers for all numeric types; the driver's defaults give texts for 64-bit integers and numeric. */
const TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) => (AS_NUMBER.has(oid) ? Number : types.getTypeParser(oid, format)),
};

/** Reads a URL as the driver will. @throws CachectlError `BAD_CONFIG` without repeating the URL */
export function postgresPlace(url: string): PostgresPlace {
  try {
    const { host, port, user = '', database = '' } = new Client(clientConfig(url));
    const where = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      host,
      port,
      address: `postgres://${user}@${where}${where.startsWith('/') ? ':' : '/'}${database}`,
    };
  } catch {
    const hint = 'write it as postgres://user:password@host:5432/database?sslmode=verify-full';
    throw databaseError(
      'BAD_CONFIG',
      'postgres',
      'the URL, or a certificate file named in it, cannot be read',
      hint,
    );
  }
}

/** `sslmode` means what PostgreSQL's own library says it means; the driver alone would take `require` as `verify-full`. */
function clientConfig(url: string): ClientConfig {
  const compatible = /[?&]sslmode=/.test(url) && !url.includes('uselibpqcompat=');
  return { connectionString: compatible ? `${url}&uselibpqcompat=true` : url };
}

/**
 * PostgreSQL over a pool of connections. The server is told to end a statement at the deadline as well; a connection
 * whose statement did not end in time is closed.
 */
export class PostgresDatabase implements SqlDatabase {
  readonly product = 'postgresql';
  readonly address: string;
  readonly #pool: Pool;
  readonly #options: PostgresOptions;
  readonly #names = new Map<string, string>();
  #closed = false;

  constructor(options: PostgresOptions, address: string) {
    this.#options = options;
    this.address = address;
    this.#pool = new Pool({
      ...clientConfig(options.url),
      max: options.poolSize,
      connectionTimeoutMillis: options.connectTimeoutMs,
      statement_timeout: options.deadlineMs,
      application_name: 'cachectl',
      keepAlive: true,
      allowExitOnIdle: true,
      pipeline: true,
      types: TYPES,
    });
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async query(sql: string, params: readonly SqlParam[] = [], options?: CallOptions): Promise<readonly Row[]> {
    if (options?.deadlineMs !== undefined) return (await this.batch([{ sql, params }], options))[0] ?? [];
    const { deadlineMs } = this.#options;
    return this.#withClient((client) => this.#send(client, { sql, params }, deadlineMs), deadlineMs);
  }

  async first(
    sql: string,
    params: readonly SqlParam[] = [],
    options?: CallOptions,
  ): Promise<Row | undefined> {
    return (await this.query(sql, params, options))[0];
  }

  async batch(
    statements: readonly SqlStatement[],
    options?: CallOptions,
  ): Promise<readonly (readonly Row[])[]> {
    const deadlineMs = options?.deadlineMs ?? this.#options.deadlineMs;
    const limit = `SET LOCAL statement_timeout = ${Math.ceil(deadlineMs)}`;
    const around = options?.deadlineMs === undefined ? ['BEGIN'] : ['BEGIN', limit];
    const all = [...around.map((sql) => ({ sql })), ...statements, { sql: 'COMMIT' }];
    return this.#withClient(async (client) => {
      const outcomes = await Promise.allSettled(all.map((each) => this.#send(client, each, deadlineMs)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      const rows = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
      return rows.slice(around.length, -1);
    }, deadlineMs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { deadlineMs, clock } = this.#options;
    await settleWithin(this.#pool.end(), deadlineMs, () => closedError(this.address), clock).catch(() => {});
  }

  async #send(
    client: PoolClient,
    { sql, params = [] }: SqlStatement,
    deadlineMs: number,
  ): Promise<readonly Row[]> {
    const name = this.#nameOf(sql);
    const query = {
      text: sql,
      values: [...params],
      query_timeout: deadlineMs,
      ...(name === undefined ? {} : { name }),
    };
    return (await client.query<Row>(query)).rows;
  }

  async #withClient<T>(work: (client: PoolClient) => Promise<T>, deadlineMs: number): Promise<T> {
    if (this.#closed) throw closedError(this.address);
    let expired = false;
    const late = (): Error => {
      expired = true;
      return deadlineError(this.address, deadlineMs);
    };
    try {
      return await settleWithin(
        this.#borrow(work, () => expired),
        deadlineMs,
        late,
        this.#options.clock,
      );
    } catch (error) {
      if (this.#closed) throw closedError(this.address);
      throw postgresError(this.address, error);
    }
  }

  /** Work that waited for a connection beyond its deadline is not begun any more: its caller has been told so. */
  async #borrow<T>(work: (client: PoolClient) => Promise<T>, expired: () => boolean): Promise<T> {
    const client = await this.#pool.connect();
    try {
      if (expired() || this.#closed) throw closedError(this.address);
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isBroken(error));
      throw error;
    }
  }

  /** A statement that comes again is prepared once for each connection. */
  #nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= STATEMENTS_KEPT) return known;
    const name = `cachectl_${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}

/** Whether the connection may be in the middle of something: after all but an answered refusal. */
function isBroken(error: unknown): boolean {
  return !isCachectlError(error) && textIn(error, 'severity') !== 'ERROR';
}
