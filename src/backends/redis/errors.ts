import { CachectlError, type ErrorCode, isCachectlError } from '../../base/errors.ts';

/*
 * No error of ioredis leaves this folder, not even as a cause: its error replies carry the command's arguments,
 * and so the password of AUTH and the values of SET.
 */

interface Reading {
  readonly code: ErrorCode;
  readonly hint: string;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the name service does not answer',
  ENOENT: 'there is no such socket',
  EACCES: 'permission denied',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};

/** Error replies that mean more than a failed command, by their text. */
const REPLIES: readonly (readonly [RegExp, Reading])[] = [
  [
    /^WRONGPASS|invalid password/,
    { code: 'AUTH_FAILED', hint: 'check the user and the password in the URL' },
  ],
  [
    /^NOAUTH/,
    { code: 'AUTH_FAILED', hint: 'put the password into the URL: redis://user:password@host:port' },
  ],
  [
    /^NOPERM/,
    { code: 'AUTH_FAILED', hint: 'allow the user this command (ACL SETUSER), or log in as another one' },
  ],
  [/^DENIED/, { code: 'AUTH_FAILED', hint: 'the server is in protected mode: set a password on it' }],
  [
    /without any password|no password is set/,
    { code: 'AUTH_FAILED', hint: 'leave the password out of the URL' },
  ],
  [/^LOADING/, { code: 'SERVER_UNREACHABLE', hint: 'it is still loading its data: try again in a moment' }],
  [/max number of clients/, { code: 'SERVER_UNREACHABLE', hint: 'raise maxclients, or close other clients' }],
  [
    /unknown command ['`]AUTH/i,
    {
      code: 'AUTH_FAILED',
      hint: 'the server has AUTH renamed or knows none: leave the password out of the URL',
    },
  ],
  [
    /DB index/,
    { code: 'SERVER_ERROR', hint: 'choose a lower database number (the server has 16 by default)' },
  ],
  [/^OOM/, { code: 'SERVER_ERROR', hint: 'raise maxmemory, or set a maxmemory-policy that evicts' }],
  [/^READONLY/, { code: 'SERVER_ERROR', hint: 'this is a replica: connect to the primary' }],
];

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/** What `error`, thrown by ioredis or a socket, means for the caller of `address`. */
export function redisError(error: unknown, address: string): CachectlError {
  if (isCachectlError(error)) return error;
  const failure = error instanceof Error ? error : new Error(String(error));
  if (failure.name === 'ReplyError') return replyError(failure, address);
  const code = textOf(failure, 'code');
  if (code === undefined && failure.message.endsWith('Please report this.')) return wrongProtocol(address);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return new CachectlError('WRONG_PROTOCOL', `${address} does not speak TLS`, {
      hint: 'use redis:// for a server without TLS',
    });
  }
  if (code?.includes('CERTIFICATE_REQUIRED') === true) {
    return new CachectlError('AUTH_FAILED', `${address} asks for a client certificate`, {
      hint: 'give the TLS options cert and key',
    });
  }
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new CachectlError('SERVER_UNREACHABLE', `the certificate of ${address} is not trusted (${code})`, {
      hint: 'give the certificate authority as TLS option ca, and use the host name that is in the certificate',
    });
  }
  return unreachable(address, code ?? 'it closed the connection');
}

/** @param reason a system error code, or a phrase */
export function unreachable(address: string, reason: string): CachectlError {
  const explained = SYSTEM_ERRORS[reason];
  const text = explained === undefined ? reason : `${explained} (${reason})`;
  return new CachectlError('SERVER_UNREACHABLE', `cannot reach ${address}: ${text}`, {
    hint:
      reason === 'ENOTFOUND'
        ? 'check the spelling of the host name'
        : 'check the address, that the server runs, that no firewall is between, and whether it wants TLS (rediss://)',
  });
}

export function wrongProtocol(address: string): CachectlError {
  return new CachectlError('WRONG_PROTOCOL', `what answers at ${address} is not a Redis server`, {
    hint: 'check the host and the port; a server with TLS needs rediss://',
  });
}

export function deadlineExceeded(address: string, ms: number): CachectlError {
  return new CachectlError('DEADLINE_EXCEEDED', `${address} did not answer within ${ms} ms`, {
    hint: 'the server or the network is overloaded or hangs; a longer deadline waits longer',
  });
}

function replyError(error: Error, address: string): CachectlError {
  const command: unknown = Reflect.get(error, 'command');
  const name = (command instanceof Object ? textOf(command, 'name') : undefined) ?? 'a command';
  const reading = REPLIES.find(([pattern]) => pattern.test(error.message))?.[1];
  return new CachectlError(
    reading?.code ?? 'SERVER_ERROR',
    `${address} answered ${name.toUpperCase()} with: ${withoutArguments(error.message)}`,
    reading === undefined ? {} : { hint: reading.hint },
  );
}

function textOf(holder: object, property: string): string | undefined {
  const value: unknown = Reflect.get(holder, property);
  return typeof value === 'string' ? value : undefined;
}

/** Servers repeat the arguments of a command that they do not know, and AUTH can be renamed. */
function withoutArguments(text: string): string {
  return text.replace(/,? with args beginning with:.*$/s, '');
}
