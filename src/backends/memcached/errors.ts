import { CachectlError, type ErrorCode } from '../../base/errors.ts';

/** The server is down, or became so during the call. `reason` completes "memcached at … ". */
export function unreachable(server: string, reason: string, cause?: unknown): CachectlError {
  return new CachectlError('SERVER_UNREACHABLE', `memcached at ${server} ${reason}`, {
    hint: 'check that the server runs and that the address is right',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The server did not answer in time. */
export function deadlineExceeded(server: string, deadlineMs: number): CachectlError {
  return new CachectlError(
    'DEADLINE_EXCEEDED',
    `memcached at ${server} did not answer within ${deadlineMs} ms`,
  );
}

/** Something else than memcached, or one that is too old, answered. `said` is quoted in part. */
export function wrongProtocol(server: string, said: string): CachectlError {
  return new CachectlError('WRONG_PROTOCOL', `what answers at ${server} is not memcached: ${quoted(said)}`, {
    hint: 'memcached 1.6 or later without TLS is expected there',
  });
}

/** The server wants credentials, or others than those given. */
export function authFailed(server: string, reason: string): CachectlError {
  return new CachectlError('AUTH_FAILED', `memcached at ${server} ${reason}`, {
    hint: 'give SASL credentials in the address: memcached://user:password@host:port',
  });
}

/** The server answered one command with an error line. */
export function serverError(server: string, line: string): CachectlError {
  const code: ErrorCode = /too large/i.test(line) ? 'VALUE_TOO_LARGE' : 'SERVER_ERROR';
  return new CachectlError(code, `memcached at ${server} answered ${quoted(line)}`);
}

/** The server is full and evicts nothing (`-M`), or could not. */
export function noRoom(server: string): CachectlError {
  return new CachectlError('SERVER_ERROR', `memcached at ${server} has no memory left for a new item`);
}

export function closedError(what: string): CachectlError {
  return new CachectlError('CLOSED', `memcached: the ${what} is closed`);
}

function quoted(said: string): string {
  const text = JSON.stringify(said);
  return text.length <= 100 ? text : `${text.slice(0, 96)}…"`;
}
