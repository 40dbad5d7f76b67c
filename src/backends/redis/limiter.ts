import { checkRateLimit, type Limiter, type RateDecision, type RateLimit } from '../limiter.ts';
import type { RedisConnection } from './connection.ts';
import { run, type Script, script } from './scripts.ts';

/*
 * The times of the hits that were allowed, in microseconds, as a list: oldest first, one element for each unit of
 * cost. Times never descend, whatever happens to the server's clock, or the oldest would not be first.
 */
const HIT: Script = script(`
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('time')
local now = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('lindex', KEYS[1], -1) or 0))
local used = redis.call('llen', KEYS[1])
while used > 0 and tonumber(redis.call('lindex', KEYS[1], 0)) <= now - window do
  redis.call('lpop', KEYS[1])
  used = used - 1
end
local over = used + cost - limit
if over > 0 then
  return {0, used, redis.call('lindex', KEYS[1], over - 1) + window - now}
end
local stamp = string.format('%.0f', now)
for _ = 1, cost do redis.call('rpush', KEYS[1], stamp) end
redis.call('pexpire', KEYS[1], math.ceil(window / 1000))
return {1, used + cost, 0}
`);

/**
 * An exact sliding window for each key, in one step of the server and by its clock. A key that the server evicts is
 * counted from 0 again.
 */
export class RedisLimiter implements Limiter {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async hit(key: string, limit: RateLimit): Promise<RateDecision> {
    checkRateLimit(limit);
    const windowMicros = Math.ceil(limit.windowMs * 1000);
    const reply = await run(this.#connection, HIT, [key], [limit.limit, windowMicros, limit.cost ?? 1]);
    const [allowed, used, waitMicros] = reply as [number, number, number];
    return {
      allowed: allowed === 1,
      remaining: Math.max(0, limit.limit - used),
      retryAfterMs: Math.ceil(waitMicros / 1000),
    };
  }

  async reset(key: string): Promise<void> {
    await this.#connection.send('unlink', [key]);
  }
}
