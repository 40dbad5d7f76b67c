import type { TraceOperation } from './operation.ts';

/** Where a command has its TTL: as an argument, or behind an option such as `EX`. */
type Ttl = { readonly argument: number; readonly unitMs: number } | 'options';

/** What of a command matters to a cache. Arguments are counted from 0, the command's name. */
export interface RedisCommand {
  readonly operation: TraceOperation;
  /** Keys are at 1, 1 + step and so on to the end; only at 1 when it is not given. */
  readonly step?: number;
  /** How far behind its key a value stands; undefined when the command stores none. */
  readonly value?: number;
  readonly ttl?: Ttl;
}

const SECONDS = 1000;

/** By name in lower case; what is not here is unsupported. */
export const REDIS_COMMANDS: Readonly<Record<string, RedisCommand>> = {
  get: { operation: 'get' },
  getex: { operation: 'get' },
  mget: { operation: 'multi-get', step: 1 },
  set: { operation: 'set', value: 1, ttl: 'options' },
  setnx: { operation: 'set', value: 1 },
  getset: { operation: 'set', value: 1 },
  setex: { operation: 'set', value: 2, ttl: { argument: 2, unitMs: SECONDS } },
  psetex: { operation: 'set', value: 2, ttl: { argument: 2, unitMs: 1 } },
  append: { operation: 'set', value: 1 },
  mset: { operation: 'set', step: 2, value: 1 },
  msetnx: { operation: 'set', step: 2, value: 1 },
  del: { operation: 'delete', step: 1 },
  unlink: { operation: 'delete', step: 1 },
  getdel: { operation: 'delete' },
  incr: { operation: 'incr' },
  incrby: { operation: 'incr' },
  incrbyfloat: { operation: 'incr' },
  decr: { operation: 'incr' },
  decrby: { operation: 'incr' },
  touch: { operation: 'touch', step: 1 },
  expire: { operation: 'touch', ttl: { argument: 2, unitMs: SECONDS } },
  pexpire: { operation: 'touch', ttl: { argument: 2, unitMs: 1 } },
};

/** Options of `SET` that a TTL follows, in lower case, and its unit. Points in time (`EXAT`) are not read. */
export const TTL_OPTIONS: Readonly<Record<string, number>> = { ex: SECONDS, px: 1 };
