import { randomBytes } from 'node:crypto';
import { CachectlError } from '../../base/errors.ts';
import type { Notice } from '../bus.ts';
import {
  type Ledger,
  type LedgerAdvance,
  type LedgerChange,
  type LedgerPage,
  type LedgerPattern,
  MAX_PATTERNS,
} from '../ledger.ts';
import { audienceOf, publicationOf } from './bus.ts';
import type { CallArgument } from './call.ts';
import type { RedisConnection } from './connection.ts';
import { ANNOUNCE, run, type Script, script } from './scripts.ts';

/** How long a tag is remembered that nobody invalidates. Without an end, records of dead tags would pile up. */
const TAG_TTL_MS = 30 * 86_400_000;

/*
 * The page is one hash, so that it is lost as a whole or not at all. The record of a tag begins with the incarnation
 * under which its number was given: a record that outlived the page means nothing. KEYS: page, tags. ARGV: the
 * incarnation for a page that is made anew, lifetime of a tag.
 */
const PAGE = `
  local page = redis.call('hmget', KEYS[1], 'incarnation', 'epoch', 'floor', 'patterns')
  local incarnation, epoch, floor = page[1], tonumber(page[2] or 0), tonumber(page[3] or 0)
  local patterns = page[4] and cmsgpack.unpack(page[4]) or {}
  local function write()
    redis.call('hset', KEYS[1], 'incarnation', incarnation, 'epoch', epoch, 'floor', floor,
      'patterns', cmsgpack.pack(patterns))
  end
  local function mark(tag)
    redis.call('set', tag, incarnation .. string.format('%.0f', epoch), 'PX', ARGV[2])
    return epoch
  end
`;

const READ: Script = script(
  PAGE,
  `
  if not incarnation then
    incarnation = ARGV[1]
    write()
  end
  local tags = {}
  for i = 2, #KEYS do
    local record = redis.call('get', KEYS[i])
    if record and string.sub(record, 1, 16) == incarnation then tags[i - 1] = tonumber(string.sub(record, 17))
    else tags[i - 1] = mark(KEYS[i]) end
  end
  return {incarnation, epoch, floor, patterns, tags}
`,
);

/** More ARGV: 1 for everything, most patterns to keep, number of patterns, patterns; and the notice as in Change. */
const ADVANCE: Script = script(
  ANNOUNCE,
  PAGE,
  `
  local most, count = tonumber(ARGV[4]), tonumber(ARGV[5])
  local noticed = #ARGV > 5 + count
  epoch = epoch + 1
  if ARGV[3] == '1' or not incarnation then
    incarnation = ARGV[1]
    patterns = {}
  end
  for i = 6, 5 + count do
    for j = #patterns - 1, 1, -2 do
      if patterns[j] == ARGV[i] then
        table.remove(patterns, j)
        table.remove(patterns, j)
      end
    end
    table.insert(patterns, ARGV[i])
    table.insert(patterns, epoch)
  end
  while #patterns > 2 * most do
    table.remove(patterns, 1)
    floor = table.remove(patterns, 1)
  end
  write()
  local tags = {}
  for i = 2, noticed and #KEYS - 1 or #KEYS do tags[i - 1] = mark(KEYS[i]) end
  local audience = false
  if noticed then
    audience = announce(KEYS[#KEYS], ARGV[#ARGV - 2], ARGV[#ARGV - 1], tonumber(ARGV[#ARGV]))
  end
  return {incarnation, epoch, floor, patterns, tags, audience}
`,
);

/** The ledger of a namespace as a hash, and a string for each tag. */
export class RedisLedger implements Ledger {
  readonly #connection: RedisConnection;
  readonly #namespace: string;
  #closed = false;

  constructor(connection: RedisConnection, namespace: string) {
    this.#connection = connection;
    this.#namespace = namespace;
  }

  async read(tags: readonly string[]): Promise<LedgerPage> {
    this.#checkOpen();
    return page(await run(this.#connection, READ, this.#keys(tags), newArguments()));
  }

  async advance(change: LedgerChange, notice?: Notice): Promise<LedgerAdvance> {
    this.#checkOpen();
    const { tags = [], patterns = [], all = false } = change;
    const publication = publicationOf(notice, this.#connection);
    const keys = [...this.#keys(tags), ...(publication?.keys ?? [])];
    const counts = [all ? 1 : 0, MAX_PATTERNS, patterns.length];
    const args = [...newArguments(), ...counts, ...patterns, ...(publication?.args ?? [])];
    const reply = await run(this.#connection, ADVANCE, keys, args);
    return { page: page(reply), audience: audienceOf((reply as unknown[])[5]) };
  }

  close(): void {
    this.#closed = true;
  }

  #keys(tags: readonly string[]): CallArgument[] {
    return [`${this.#namespace}:~ledger`, ...tags.map((tag) => `${this.#namespace}:~tag:${tag}`)];
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the ledger is closed');
  }
}

/** Scripts have no randomness of their own: the incarnation of a page that is made anew comes along. */
function newArguments(): CallArgument[] {
  return [randomBytes(8).toString('hex'), TAG_TTL_MS];
}

function page(reply: unknown): LedgerPage {
  const [incarnation, epoch, floor, flat, tags] = reply as [
    Buffer,
    number,
    number,
    (Buffer | number)[],
    number[],
  ];
  const patterns: LedgerPattern[] = [];
  for (let i = 0; i < flat.length; i += 2)
    patterns.push({ pattern: String(flat[i]), epoch: Number(flat[i + 1]) });
  return { incarnation: incarnation.toString(), epoch, floor, patterns, tags };
}
