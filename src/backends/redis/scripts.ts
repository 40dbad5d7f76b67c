import { createHash } from 'node:crypto';
import { isCachectlError, messageOf } from '../../base/errors.ts';
import type { CallArgument } from './call.ts';
import type { RedisConnection } from './connection.ts';

/** A script that the server keeps by the hash of its text. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function script(...lua: readonly string[]): Script {
  const text = lua.map((part) => part.replaceAll(/\n\s*/g, '\n').trim()).join('\n');
  return { lua: text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Calls a script by its hash, and by its text when the server does not know it. */
export function run(
  connection: RedisConnection,
  { lua, sha }: Script,
  keys: readonly CallArgument[],
  args: readonly CallArgument[],
): Promise<unknown> {
  return connection.send('evalsha', [sha, keys.length, ...keys, ...args]).catch((error: unknown) => {
    if (!isCachectlError(error, 'SERVER_ERROR') || !messageOf(error).includes('NOSCRIPT')) throw error;
    return connection.send('eval', [lua, keys.length, ...keys, ...args]);
  });
}

/**
 * Calls a script by its text. Of several calls in one write none is then carried out later than its place for being
 * unknown: with {@link run} the last could publish what the first has yet to change.
 */
export function runText(
  connection: RedisConnection,
  { lua }: Script,
  keys: readonly CallArgument[],
  args: readonly CallArgument[],
): Promise<unknown> {
  return connection.send('eval', [lua, keys.length, ...keys, ...args]);
}

/** Extends the lease of the token. */
export const RENEW: Script = script(
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0",
);

/** Ends those leases that their tokens hold, and with two more arguments leaves notes of failure; how many. */
export const RELEASE: Script = script(`
  local ended = 0
  for i = 1, #KEYS do
    if redis.call('get', KEYS[i]) == ARGV[i] then
      ended = ended + 1
      if ARGV[#KEYS + 1] then redis.call('set', KEYS[i], ARGV[#KEYS + 1], 'PX', ARGV[#KEYS + 2])
      else redis.call('unlink', KEYS[i]) end
    end
  end
  return ended
`);

/**
 * Lua function: publishes, and tells who listens and for how many milliseconds more; with a negative `longest` it only
 * publishes. The members are a sorted set by the time of their end. When it is gone, whoever was in it may listen for
 * as long as a beat holds.
 */
export const ANNOUNCE = `
  local function announce(members, channel, message, longest)
    if longest < 0 then
      redis.call('publish', channel, message)
      return {}
    end
    local time = redis.call('time')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    if longest > 0 and redis.call('exists', members) == 0 then redis.call('zadd', members, now + longest, '') end
    redis.call('zremrangebyscore', members, '-inf', now)
    redis.call('publish', channel, message)
    local audience = redis.call('zrange', members, 0, -1, 'withscores')
    for i = 2, #audience, 2 do audience[i] = audience[i] - now end
    return audience
  end
`;

/** Whole milliseconds of a lease or beat: never shorter than asked for. */
export function leaseTime(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}

/** Redis refuses expiry times beyond 64 bits; this is 142,000 years. */
const LONGEST_TTL_MS = 2 ** 52;

/** Whole milliseconds of an entry: never longer than asked for, but at least 1. */
export function entryTime(ttlMs: number): number {
  return Math.min(LONGEST_TTL_MS, Math.max(1, Math.floor(ttlMs)));
}
