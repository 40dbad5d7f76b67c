import { CachectlError, type ErrorCode, isCachectlError, messageOf } from '../../base/errors.ts';

/** What the two products' errors come down to. Never the driver's own error: it can hold connection settings. */
export function databaseError(code: ErrorCode, address: string, what: string, hint?: string): CachectlError {
  return new CachectlError(code, `${address}: ${what}`, hint === undefined ? {} : { hint });
}

export function closedError(address: string): CachectlError {
  return databaseError('CLOSED', address, 'the database is closed');
}

export function deadlineError(address: string, deadlineMs: number): CachectlError {
  return databaseError('DEADLINE_EXCEEDED', address, `no answer within ${deadlineMs} ms`);
}

/**
 * Whether the table, or a column of it, was not there: the server was replaced by an empty one, someone dropped the
 * table, or an older version made it again.
 */
export function isMissingTable(error: unknown): boolean {
  return (
    isCachectlError(error, 'SERVER_ERROR') &&
    /\((42P01|42703)\)$|: no such (table|column): |: table \w+ has no column named /.test(error.message)
  );
}

/** By the name of SQLite's result code (https://sqlite.org/rescode.html). */
export function sqliteError(address: string, code: string, message: string): CachectlError {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return databaseError('DEADLINE_EXCEEDED', address, 'another connection holds the lock');
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    const hint = 'check that the folder exists and that you may write there';
    return databaseError('SERVER_UNREACHABLE', address, 'the file cannot be opened', hint);
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    const hint = 'give the path of a SQLite database, or of a new file';
    return databaseError('WRONG_PROTOCOL', address, 'the file is not a SQLite database', hint);
  }
  return databaseError('SERVER_ERROR', address, `${message} (${code})`);
}

interface ByPattern {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly what?: string;
  readonly hint?: string;
}

const NO_DATABASE = 'create it (createdb), or name another one at the end of the URL';
const TLS_HINT = 'pass the authority with sslrootcert=…, or use sslmode=require to skip verification';

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const BY_STATE: readonly ByPattern[] = [
  { pattern: /^28/, code: 'AUTH_FAILED', hint: 'check user and password in the URL, and pg_hba.conf' },
  { pattern: /^3D000/, code: 'SERVER_ERROR', hint: NO_DATABASE },
  { pattern: /^57014/, code: 'DEADLINE_EXCEEDED' },
  { pattern: /^55P03/, code: 'DEADLINE_EXCEEDED' },
  { pattern: /^53300/, code: 'SERVER_UNREACHABLE', hint: 'raise max_connections, or use fewer connections' },
  { pattern: /^(08|57P|25P03)/, code: 'SERVER_UNREACHABLE' },
  { pattern: /^42501/, code: 'SERVER_ERROR', hint: 'grant the right, or let an owner create the table' },
];

/** By Node's code of the error, or by the driver's text where there is no code. */
const BY_TEXT: readonly ByPattern[] = [
  { pattern: /client password must be|no password/i, code: 'AUTH_FAILED', what: 'a password is needed' },
  { pattern: /does not support SSL/, code: 'SERVER_UNREACHABLE', hint: 'use sslmode=disable in the URL' },
  { pattern: /CERT|LEAF_SIGNATURE|certificate/, code: 'SERVER_UNREACHABLE', hint: TLS_HINT },
  { pattern: /read timeout|timeout exceeded|connection timeout|timeout expired/i, code: 'DEADLINE_EXCEEDED' },
  { pattern: /invalid response|unknown message/i, code: 'WRONG_PROTOCOL', what: 'this is no PostgreSQL' },
];

/** From an error of the PostgreSQL driver. Text that is not the server's is taken over only as a code. */
export function postgresError(address: string, error: unknown): CachectlError {
  if (error instanceof CachectlError) return error;
  const code = textIn(error, 'code');
  const message = messageOf(error);
  if (textIn(error, 'severity') !== undefined && code !== undefined) {
    const known = BY_STATE.find(({ pattern }) => pattern.test(code));
    return databaseError(known?.code ?? 'SERVER_ERROR', address, `${message} (${code})`, known?.hint);
  }
  const text = code !== undefined ? `${code} ${message}` : message;
  const known = BY_TEXT.find(({ pattern }) => pattern.test(text));
  const what = known?.what ?? (code !== undefined ? `the connection failed (${code})` : message);
  return databaseError(known?.code ?? 'SERVER_UNREACHABLE', address, what, known?.hint);
}

/** A property of whatever was thrown, when it is a text. */
export function textIn(error: unknown, property: 'code' | 'severity'): string | undefined {
  const value: unknown = error instanceof Error ? Reflect.get(error, property) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
