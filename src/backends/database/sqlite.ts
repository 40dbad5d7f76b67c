import type { CancelTimer, Clock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import { CachectlError, messageOf } from '../../base/errors.ts';
import { closedError, databaseError, deadlineError, sqliteError } from './errors.ts';
import type { CallOptions, Row, SqlDatabase, SqlParam, SqlStatement, SqlValue } from './sql.ts';
import { Mode, type Reply, type WireCall } from './sqlite-protocol.ts';
import { SqliteThread } from './sqlite-thread.ts';

export interface SqliteOptions {
  /** Path of the file, or `:memory:`. */
  readonly path: string;
  readonly address: string;
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  /** Whether committed data must survive a crash of the machine. */
  readonly durable: boolean;
  readonly clock: Clock;
}

/** How much of the deadline a statement may wait for a lock: it ends before its caller gives up, and is not done late. */
const LOCK_SHARE = 0.8;
const CACHE_KIB = 32 * 1024;
const CALLS_PER_MESSAGE = 1000;
const STATEMENTS_KEPT = 500;
/** How long a thread may stay inside one call that nobody waits for, until another one takes its place. */
const HUNG_AFTER_DEADLINES = 5;

interface Call {
  readonly mode: Mode;
  readonly statements: readonly { readonly sql: string; readonly params: SqlValue[] }[];
  resolve(rows: readonly (readonly Row[])[]): void;
  reject(error: Error): void;
  cancelTimer: CancelTimer;
  settled: boolean;
}

/**
 * SQLite in a thread of its own, because the driver blocks. One message is under way at a time and carries all calls
 * that were waiting, so that many callers share the cost of crossing; a call whose deadline passes while it waits is
 * never begun, and a batch that is begun is rolled back. (A single statement that is inside the driver at its deadline
 * may still be done, as with any server.) A thread that ended, or hangs, is replaced by the next call.
 */
export class SqliteDatabase implements SqlDatabase {
  readonly product = 'sqlite';
  readonly address: string;
  readonly #options: SqliteOptions;
  #thread: SqliteThread | undefined;
  #opening: Promise<void> | undefined;
  #waiting: Call[] = [];
  #underWay: readonly Call[] = [];
  #flushScheduled = false;
  #statementIds = new Map<string, number>();
  #closed = false;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.address = options.address;
  }

  async query(sql: string, params: readonly SqlParam[] = [], options?: CallOptions): Promise<readonly Row[]> {
    return (await this.#call(Mode.query, [{ sql, params }], options))[0] ?? [];
  }

  async first(
    sql: string,
    params: readonly SqlParam[] = [],
    options?: CallOptions,
  ): Promise<Row | undefined> {
    return (await this.#call(Mode.first, [{ sql, params }], options))[0]?.[0];
  }

  batch(statements: readonly SqlStatement[], options?: CallOptions): Promise<readonly (readonly Row[])[]> {
    return this.#call(Mode.batch, statements, options);
  }

  /** Opens the database, when it is not open. @throws CachectlError that says why it cannot be opened */
  connect(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#rejectAll([...this.#underWay, ...this.#waiting], closedError(this.address));
    this.#waiting = [];
    const { clock, connectTimeoutMs } = this.#options;
    await this.#opening?.catch(() => {});
    const ended = this.#thread?.stop() ?? Promise.resolve();
    await settleWithin(ended, connectTimeoutMs, () => closedError(this.address), clock).catch(() => {});
  }

  async #open(): Promise<void> {
    const { path, deadlineMs, durable, connectTimeoutMs, clock } = this.#options;
    const thread = new SqliteThread({
      path,
      busyTimeoutMs: Math.floor(LOCK_SHARE * deadlineMs),
      cacheKib: CACHE_KIB,
      durable,
    });
    const opened = thread.opening((reason) => this.#lose(thread, reason));
    try {
      const late = (): Error => deadlineError(this.address, connectTimeoutMs);
      const opening = await settleWithin(opened, connectTimeoutMs, late, clock);
      if (!opening.opened) throw sqliteError(this.address, opening.failure.code, opening.failure.message);
      this.#thread = thread;
      this.#statementIds.clear();
    } catch (error) {
      this.#opening = undefined;
      void thread.stop();
      throw error instanceof CachectlError ? error : threadLost(this.address, error);
    }
  }

  /** The thread ended by itself, or is given up: the next call starts another. */
  #lose(thread: SqliteThread, reason: Error): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    this.#opening = undefined;
    const lost = this.#underWay;
    this.#underWay = [];
    this.#rejectAll(lost, threadLost(this.address, reason));
    this.#flushSoon();
  }

  #call(
    mode: Mode,
    statements: readonly SqlStatement[],
    options?: CallOptions,
  ): Promise<readonly (readonly Row[])[]> {
    if (this.#closed) return Promise.reject(closedError(this.address));
    const deadlineMs = options?.deadlineMs ?? this.#options.deadlineMs;
    return new Promise((resolve, reject) => {
      const bindable = statements.map(({ sql, params = [] }) => ({ sql, params: params.map(toSqlite) }));
      const cancelTimer = this.#options.clock.setTimer(() => this.#expire(call, deadlineMs), deadlineMs);
      const call: Call = { mode, statements: bindable, resolve, reject, cancelTimer, settled: false };
      this.#waiting.push(call);
      this.#flushSoon();
    });
  }

  #expire(call: Call, deadlineMs: number): void {
    if (call.settled) return;
    call.settled = true;
    call.reject(deadlineError(this.address, deadlineMs));
    if (!this.#underWay.includes(call)) return;
    const thread = this.#thread;
    thread?.skipRest();
    const message = this.#underWay;
    if (this.#options.path === ':memory:' || !message.every(({ settled }) => settled)) return;
    this.#options.clock.setTimer(
      () => {
        if (thread === undefined || this.#underWay !== message) return;
        void thread.stop();
        this.#lose(thread, new Error('it hung'));
      },
      HUNG_AFTER_DEADLINES * this.#options.deadlineMs,
      { background: true },
    );
  }

  #flushSoon(): void {
    if (this.#flushScheduled || this.#underWay.length > 0 || this.#waiting.length === 0) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#underWay.length > 0 || this.#closed) return;
    const thread = this.#thread;
    if (thread === undefined) {
      this.connect().then(
        () => this.#flushSoon(),
        (error: Error) => this.#rejectAll(this.#waiting.splice(0), error),
      );
      return;
    }
    const live = this.#waiting.filter(({ settled }) => !settled);
    const calls = live.slice(0, CALLS_PER_MESSAGE);
    this.#waiting = live.slice(CALLS_PER_MESSAGE);
    if (calls.length > 0) this.#send(thread, calls);
  }

  #send(thread: SqliteThread, calls: readonly Call[]): void {
    const forget = this.#statementIds.size > STATEMENTS_KEPT;
    if (forget) this.#statementIds.clear();
    const define: [number, string][] = [];
    const wire = calls.map((call): WireCall => [
      call.mode,
      ...call.statements.map(({ sql, params }) => {
        let id = this.#statementIds.get(sql);
        if (id === undefined) {
          id = this.#statementIds.size;
          this.#statementIds.set(sql, id);
          define.push([id, sql]);
        }
        return [id, params] as const;
      }),
    ]);
    this.#underWay = calls;
    thread.send({ forget, define, calls: wire }, (reply) => this.#settle(calls, reply));
  }

  #settle(calls: readonly Call[], reply: Reply): void {
    this.#underWay = [];
    const skipped: Call[] = [];
    for (const [i, call] of calls.entries()) {
      const outcome = reply[i] ?? null;
      if (call.settled) continue;
      if (outcome === null) {
        skipped.push(call);
        continue;
      }
      call.settled = true;
      call.cancelTimer();
      if ('code' in outcome) call.reject(sqliteError(this.address, outcome.code, outcome.message));
      else call.resolve(outcome);
    }
    if (skipped.length > 0) this.#waiting = [...skipped, ...this.#waiting];
    this.#flushSoon();
  }

  #rejectAll(calls: readonly Call[], error: Error): void {
    for (const call of calls) {
      if (call.settled) continue;
      call.settled = true;
      call.cancelTimer();
      call.reject(error);
    }
  }
}

function threadLost(address: string, reason: unknown): CachectlError {
  return databaseError('SERVER_UNREACHABLE', address, `the database thread was lost: ${messageOf(reason)}`);
}

/** Exactly what the driver can bind: on a boolean it would end the whole process. */
function toSqlite(param: SqlParam): SqlValue {
  if (typeof param === 'boolean') return param ? 1 : 0;
  if (typeof param === 'string' || typeof param === 'number' || param instanceof Uint8Array) return param;
  if (param === null || param === undefined) return null;
  throw new CachectlError('BAD_USAGE', 'SQLite has no arrays: bind one value at a time');
}
