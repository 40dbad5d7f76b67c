import { ExitCode } from './exit-codes.ts';

/**
 * Every error that cachectl raises on purpose, by code. The code is stable, goes into
 * `--json` errors, and decides the exit code.
 */
export type ErrorCode =
  /** Wrong flag, argument or combination of them. */
  | 'BAD_USAGE'
  /** `cachectl.yaml` is wrong. */
  | 'BAD_CONFIG'
  /** A scenario file is wrong, or unknown. */
  | 'BAD_SCENARIO'
  /** A trace file cannot be read, is of no known format, or has too many malformed records. */
  | 'BAD_TRACE'
  /** A gate expression is wrong or names no known metric. */
  | 'BAD_GATE'
  /** `--out` or another output cannot be written. */
  | 'BAD_OUTPUT'
  /** A result file cannot be read. */
  | 'BAD_RESULT'
  /** A server did not answer, refused, or closed the connection. */
  | 'SERVER_UNREACHABLE'
  /** A server answered and rejected the credentials. */
  | 'AUTH_FAILED'
  /** Something answered that does not speak the expected protocol. */
  | 'WRONG_PROTOCOL'
  /** A private server could not be found, installed or started. */
  | 'SERVER_NOT_STARTED'
  /** An application instance of a bench ended in mid-run. */
  | 'INSTANCE_LOST'
  /** A server answered a single command with an error. */
  | 'SERVER_ERROR'
  /** A call did not settle within its deadline. */
  | 'DEADLINE_EXCEEDED'
  /** The tier, bus, lease store or cache was closed before or during the call. */
  | 'CLOSED'
  /** The key is longer than the backend can store. */
  | 'KEY_TOO_LONG'
  /** The value is larger than the backend can store. */
  | 'VALUE_TOO_LARGE'
  /** Stored bytes are not an entry this engine wrote, or are damaged. */
  | 'CORRUPT_ENTRY'
  /** A loader failed a short time ago, in this or another process, and is not called again yet. */
  | 'LOAD_FAILED'
  /** The backend cannot do this (see its capabilities). */
  | 'NOT_SUPPORTED'
  /** The user or a signal stopped the work. */
  | 'INTERRUPTED'
  /** A defect of cachectl. */
  | 'UNEXPECTED';

const EXIT_BY_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  BAD_USAGE: ExitCode.usage,
  BAD_CONFIG: ExitCode.usage,
  BAD_SCENARIO: ExitCode.usage,
  BAD_TRACE: ExitCode.usage,
  BAD_GATE: ExitCode.usage,
  BAD_OUTPUT: ExitCode.usage,
  BAD_RESULT: ExitCode.usage,
  SERVER_UNREACHABLE: ExitCode.unreachable,
  AUTH_FAILED: ExitCode.unreachable,
  WRONG_PROTOCOL: ExitCode.unreachable,
  SERVER_NOT_STARTED: ExitCode.unreachable,
  INSTANCE_LOST: ExitCode.unreachable,
  SERVER_ERROR: ExitCode.unreachable,
  DEADLINE_EXCEEDED: ExitCode.unreachable,
  CLOSED: ExitCode.unexpected,
  KEY_TOO_LONG: ExitCode.usage,
  VALUE_TOO_LARGE: ExitCode.usage,
  CORRUPT_ENTRY: ExitCode.unexpected,
  LOAD_FAILED: ExitCode.unexpected,
  NOT_SUPPORTED: ExitCode.usage,
  INTERRUPTED: ExitCode.interrupted,
  UNEXPECTED: ExitCode.unexpected,
};

/** A problem at a place in a file or an expression; validators collect them all. */
export interface Problem {
  /** File the problem is in, when there is one. */
  readonly file?: string;
  /** Line, counted from 1. */
  readonly line?: number;
  /** Column, counted from 1. */
  readonly column?: number;
  /** Dotted path of the key, as `load.rate`. */
  readonly key?: string;
  /** What is wrong, what was expected, and the nearest known name. */
  readonly message: string;
}

export interface ErrorDetails {
  /** What the user can do about it, as an instruction. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** All problems found, when there can be several. */
  readonly problems?: readonly Problem[];
}

/** An error with a stable code, a hint for the user and an exit code. Messages carry no secrets. */
export class CachectlError extends Error {
  override readonly name = 'CachectlError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.problems = details.problems ?? [];
  }

  get exitCode(): ExitCode {
    return EXIT_BY_CODE[this.code];
  }
}

/** True when `error` is a {@link CachectlError} with one of the given codes (any code when none is given). */
export function isCachectlError(error: unknown, ...codes: readonly ErrorCode[]): error is CachectlError {
  return error instanceof CachectlError && (codes.length === 0 || codes.includes(error.code));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
