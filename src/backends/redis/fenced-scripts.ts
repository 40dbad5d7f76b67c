import { ANNOUNCE, type Script, script } from './scripts.ts';

/*
 * A lease is a key that holds its token. When it begins with '!' it is a note of failure. Where it is not said
 * otherwise, KEYS are n entries and then their n leases in the same order.
 */

/** State of a fetched key that is no hit; below FAILED, the time left of a note of failure is subtracted. */
export const GRANTED: number = -3;
export const HELD: number = -4;
export const FAILED: number = -10;

export const NOTE = '!';

const ASK = `
  local function ask(lease)
    if redis.call('set', lease, ARGV[2], 'NX', 'PX', ARGV[1]) then return false, ${GRANTED} end
    local guard = redis.call('get', lease)
    if guard and string.sub(guard, 1, 1) == '${NOTE}' then
      return string.sub(guard, 2), ${FAILED} - redis.call('pttl', lease)
    end
    return false, ${HELD}
  end
`;

/**
 * KEYS: one entry; its lease, in the same slot, is named only for a miss. ARGV: lease time, token. The value or the
 * message of a failure, then the state or the time to live.
 */
export const FETCH: Script = script(
  `
  local value = redis.call('get', KEYS[1])
  if value then return {value, redis.call('pttl', KEYS[1])} end
`,
  ASK,
  "return {ask('{' .. KEYS[1] .. '}~lease')}",
);

/** As {@link FETCH} of many entries: all values or messages, then all states or times to live. */
export const FETCH_MANY: Script = script(
  ASK,
  `
  local n = #KEYS
  local answer = redis.call('mget', unpack(KEYS))
  for i = 1, n do
    if answer[i] then answer[n + i] = redis.call('pttl', KEYS[i])
    else answer[i], answer[n + i] = ask('{' .. KEYS[i] .. '}~lease') end
  end
  return answer
`,
);

/** KEYS: one lease. ARGV: lease time, token. */
export const ACQUIRE: Script = script(ASK, 'return {ask(KEYS[1])}');

/** Puts the value in place of entry i; n is the number of entries. */
const put = (ttl: string, value: string): string => `
  if ${ttl} == '' then redis.call('set', KEYS[i], ${value})
  elseif ${ttl} == '0' then redis.call('unlink', KEYS[i])
  else redis.call('set', KEYS[i], ${value}, 'PX', ${ttl}) end
`;

/** ARGV: token, TTL, value of each. 1 where the lease was held. */
export const FILL: Script = script(`
  local n = #KEYS / 2
  local answer = {}
  for i = 1, n do
    if redis.call('get', KEYS[n + i]) == ARGV[3 * i - 2] then
      ${put('ARGV[3 * i - 1]', 'ARGV[3 * i]')}
      redis.call('unlink', KEYS[n + i])
      answer[i] = 1
    else answer[i] = 0 end
  end
  return answer
`);

/**
 * A change that somebody may be told of: then the last of KEYS are the members of the channel; the last of ARGV are
 * the channel, the message and the longest beat. The answer, and the audience where there is one.
 */
export interface Change {
  readonly alone: Script;
  readonly told: Script;
}

function change(lua: string): Change {
  return {
    alone: script('local n = #KEYS / 2', lua, 'return {answer}'),
    told: script(
      ANNOUNCE,
      'local n = (#KEYS - 1) / 2',
      lua,
      'return {answer, announce(KEYS[#KEYS], ARGV[#ARGV - 2], ARGV[#ARGV - 1], tonumber(ARGV[#ARGV]))}',
    ),
  };
}

/** As {@link FILL}; drops entry and lease where the lease was not held. */
export const SETTLE: Change = change(`
  local answer = {}
  for i = 1, n do
    if redis.call('get', KEYS[n + i]) == ARGV[3 * i - 2] then
      ${put('ARGV[3 * i - 1]', 'ARGV[3 * i]')}
      answer[i] = 1
    else
      redis.call('unlink', KEYS[i])
      answer[i] = 0
    end
  end
  redis.call('unlink', unpack(KEYS, n + 1, 2 * n))
`);

/** How many entries there were. */
export const INVALIDATE: Change = change(`
  local answer = redis.call('unlink', unpack(KEYS, 1, n))
  redis.call('unlink', unpack(KEYS, n + 1, 2 * n))
`);

/** ARGV: TTL, value of each. */
export const STORE: Change = change(`
  for i = 1, n do
    ${put('ARGV[2 * i - 1]', 'ARGV[2 * i]')}
  end
  local answer = redis.call('unlink', unpack(KEYS, n + 1, 2 * n))
`);

/** ARGV: lease time, token. */
export const CLAIM: Script = script(`
  local n = #KEYS / 2
  for i = 1, n do redis.call('set', KEYS[n + i], ARGV[2], 'PX', ARGV[1]) end
  return redis.call('unlink', unpack(KEYS, 1, n))
`);
