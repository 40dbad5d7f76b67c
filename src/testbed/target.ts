/** Servers that are given, by URL, and how they are called. What is missing is started privately for the run. */
export interface Target {
  readonly redis?: string | undefined;
  readonly memcached?: string | undefined;
  readonly database?: string | undefined;
  /** Bound on every call, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** Bound on the first connection to each server, in milliseconds. */
  readonly connectTimeoutMs?: number | undefined;
}

export type Service = 'redis' | 'memcached' | 'database';
