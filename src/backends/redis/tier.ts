import { CachectlError } from '../../base/errors.ts';
import { checkKeySize, checkValueSize, keyBytes } from '../keys.ts';
import type { GetOptions, Tier, TierCapabilities, TierStats } from '../tier.ts';
import type { TierEntry, TierHit, TierKey } from '../tier-entry.ts';
import type { CallArgument } from './call.ts';
import type { RedisConnection } from './connection.ts';
import { RedisFenced } from './fenced.ts';
import { readInfo, unlessForbidden } from './info.ts';
import { deletePrefix } from './scan.ts';
import { entryTime } from './scripts.ts';

/** The longest string a server takes, as key or value (`proto-max-bulk-len`, by default). */
const MAX_BYTES = 512 * 1024 * 1024;
/** Keys in one MGET or UNLINK: a longer command would keep the server from its other clients. */
const KEYS_PER_COMMAND = 1000;

/** Replies of PTTL that are no time. */
const NO_EXPIRY = -1;
const NO_KEY = -2;

/** Entries as plain Redis strings with `PX` expiry. */
export class RedisTier implements Tier {
  readonly name: string;
  readonly capabilities: TierCapabilities = {
    ttlResolutionMs: 1,
    maxKeyBytes: MAX_BYTES,
    maxValueBytes: MAX_BYTES,
    reportsTtl: true,
    enumerates: true,
    shared: true,
    persistent: false,
  };
  readonly fenced: RedisFenced;
  readonly #connection: RedisConnection;
  #closed = false;

  constructor(connection: RedisConnection, name: string) {
    this.#connection = connection;
    this.name = name;
    this.fenced = new RedisFenced(connection, name);
  }

  async get(key: TierKey, options?: GetOptions): Promise<TierHit | undefined> {
    const argument = this.#key(key);
    if (options?.withTtl === true) return this.#getWithTtl(argument);
    return hit(await this.#connection.send('get', [argument]));
  }

  async getMany(keys: readonly TierKey[], options?: GetOptions): Promise<(TierHit | undefined)[]> {
    this.#checkOpen();
    const args = keys.map((key) => this.#key(key));
    const ttls = options?.withTtl === true ? args.map((key) => this.#connection.send('pttl', [key])) : [];
    const values = inChunks(args).map((chunk) => this.#connection.send('mget', chunk));
    const [ttlReplies, valueReplies] = await Promise.all([Promise.all(ttls), Promise.all(values)]);
    return valueReplies.flat().map((value, i) => hit(value, ttlReplies[i]));
  }

  async set(key: TierKey, value: Uint8Array, ttlMs?: number): Promise<void> {
    const argument = this.#key(key);
    checkValueSize(this.name, key, value.byteLength, MAX_BYTES);
    if (ttlMs !== undefined && ttlMs <= 0) await this.#connection.send('unlink', [argument]);
    else await this.#connection.send('set', [argument, keyBytes(value), ...expiry(ttlMs)]);
  }

  async setMany(entries: readonly TierEntry[]): Promise<void> {
    this.#checkOpen();
    await Promise.all(entries.map(({ key, value, ttlMs }) => this.set(key, value, ttlMs)));
  }

  async delete(key: TierKey): Promise<boolean> {
    return (await this.#connection.send('unlink', [this.#key(key)])) === 1;
  }

  async deleteMany(keys: readonly TierKey[]): Promise<number> {
    this.#checkOpen();
    const chunks = inChunks(keys.map((key) => this.#key(key)));
    const counts = await Promise.all(chunks.map((chunk) => this.#connection.send('unlink', chunk)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async deletePrefix(prefix: string): Promise<number> {
    this.#checkOpen();
    return deletePrefix(this.#connection, prefix);
  }

  async stats(): Promise<TierStats> {
    this.#checkOpen();
    const [memory, counters, entries] = await Promise.all([
      readInfo(this.#connection, 'memory'),
      readInfo(this.#connection, 'stats'),
      unlessForbidden(this.#connection.send('dbsize', [])),
    ]);
    return {
      ...figure('entries', entries),
      ...figure('usedBytes', memory['used_memory']),
      ...figure('limitBytes', memory['maxmemory'] === '0' ? undefined : memory['maxmemory']),
      ...figure('evictions', counters['evicted_keys']),
      ...figure('expirations', counters['expired_keys']),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.fenced.close();
  }

  /** The time to live is asked for first: a write between the two then never lends a new TTL to the old value. */
  async #getWithTtl(key: CallArgument): Promise<TierHit | undefined> {
    const [ttl, value] = await Promise.all([
      this.#connection.send('pttl', [key]),
      this.#connection.send('get', [key]),
    ]);
    return hit(value, ttl);
  }

  #key(key: TierKey): CallArgument {
    this.#checkOpen();
    const isText = typeof key === 'string';
    checkKeySize(this.name, key, isText ? Buffer.byteLength(key) : key.byteLength, MAX_BYTES);
    return isText ? key : keyBytes(key);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `${this.name}: the tier is closed`);
  }
}

function hit(value: Buffer | null, ttl?: number): TierHit | undefined {
  if (value === null || ttl === NO_KEY) return undefined;
  if (ttl === undefined) return { value };
  return { value, ttlMs: ttl === NO_EXPIRY ? undefined : ttl };
}

function figure(name: keyof TierStats, value: unknown): TierStats {
  return value === undefined ? {} : { [name]: Number(value) };
}

function expiry(ttlMs: number | undefined): CallArgument[] {
  return ttlMs === undefined ? [] : ['PX', entryTime(ttlMs)];
}

function inChunks(args: CallArgument[]): CallArgument[][] {
  const chunks: CallArgument[][] = [];
  for (let i = 0; i < args.length; i += KEYS_PER_COMMAND) chunks.push(args.slice(i, i + KEYS_PER_COMMAND));
  return chunks;
}
