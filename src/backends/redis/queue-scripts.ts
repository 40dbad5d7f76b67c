import { type Script, script } from './scripts.ts';

/** The consumer group of every queue. */
export const GROUP = 'workers';

/** Consumers that have nothing and took nothing for this long are forgotten: processes that were killed. */
const FORGOTTEN_MS = 3_600_000;

/** Each on the key of the stream. */
export const queueScripts: Readonly<Record<'append' | 'take' | 'extend' | 'acknowledge' | 'leave', Script>> =
  {
    /** ARGV: bodies. One step, so that they follow each other. */
    append: script(`
for _, body in ipairs(ARGV) do redis.call('xadd', KEYS[1], '*', 'body', body) end
`),

    /**
     * ARGV: group, consumer, most, idle time of abandoned ones in ms. Gives id, body and deliveries of each. A group that
     * is missing begins with the first message that is there, because none of them was acknowledged.
     */
    take: script(`
local key, group, consumer, most, idle = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local taken = {}
local function claim(cursor)
  return redis.pcall('xautoclaim', key, group, consumer, idle, cursor, 'count', most - #taken)
end
local page = claim('0-0')
if page.err and string.find(page.err, 'NOGROUP', 1, true) then
  redis.call('xgroup', 'create', key, group, '0', 'mkstream')
  page = claim('0-0')
end
while true do
  if page.err then return page end
  for _, entry in ipairs(page[2]) do
    if entry then
      local told = redis.call('xpending', key, group, entry[1], entry[1], 1)
      taken[#taken + 1] = {entry[1], entry[2][2], told[1][4]}
    end
  end
  if page[1] == '0-0' or #taken >= most then break end
  page = claim(page[1])
end
if #taken < most then
  local fresh = redis.call('xreadgroup', 'group', group, consumer, 'count', most - #taken, 'streams', key, '>')
  for _, entry in ipairs(fresh and fresh[1][2] or {}) do
    taken[#taken + 1] = {entry[1], entry[2][2], 1}
  end
end
return taken
`),

    /** ARGV: group, consumer, ids. Claiming what it has starts the time anew; JUSTID counts no delivery. */
    extend: script(`
local group, consumer = ARGV[1], ARGV[2]
for i = 3, #ARGV do
  local told = redis.pcall('xpending', KEYS[1], group, ARGV[i], ARGV[i], 1)
  if told[1] and told[1][2] == consumer then
    redis.call('xclaim', KEYS[1], group, consumer, 0, ARGV[i], 'justid')
  end
end
`),

    /** ARGV: group, ids. */
    acknowledge: script(`
local group = table.remove(ARGV, 1)
redis.call('xack', KEYS[1], group, unpack(ARGV))
redis.call('xdel', KEYS[1], unpack(ARGV))
`),

    /** ARGV: group, consumers that leave. One that still has messages stays, or these could not be taken from it. */
    leave: script(`
local leaves = {}
for i = 2, #ARGV do leaves[ARGV[i]] = true end
for _, consumer in ipairs(redis.call('xinfo', 'consumers', KEYS[1], ARGV[1])) do
  local name, pending, idle = consumer[2], consumer[4], consumer[6]
  if pending == 0 and (leaves[name] or idle > ${FORGOTTEN_MS}) then
    redis.call('xgroup', 'delconsumer', KEYS[1], ARGV[1], name)
  end
end
`),
  };
