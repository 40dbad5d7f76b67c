import type { ConnectionOptions } from '../backend.ts';
import { parseRedisUrl, type RedisTlsOptions } from './address.ts';
import { RedisConnection } from './connection.ts';

export interface RedisPoolOptions extends Pick<ConnectionOptions, 'connectTimeoutMs'> {
  readonly url: string;
  readonly tls?: RedisTlsOptions | undefined;
  /** Number of sockets, at least 1. */
  readonly connections: number;
  /** Bound on every call, in milliseconds; undefined: none. */
  readonly deadlineMs?: number | undefined;
}

/** Sockets for a load tool: each slot has its own, so a slot's latency is that of one client. */
export interface RedisPool {
  /** @param slot which socket, from 0 to `connections` - 1 */
  get(slot: number, key: string): Promise<Uint8Array | undefined>;
  /** In the order of the keys, by one command. */
  getMany(slot: number, keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** @param ttlMs whole milliseconds; undefined: no expiry */
  set(slot: number, key: string, value: Uint8Array, ttlMs?: number): Promise<void>;
  /** True when there was an entry. */
  delete(slot: number, key: string): Promise<boolean>;
  /** Starts the time to live anew, in whole milliseconds. True when there was an entry. */
  touch(slot: number, key: string, ttlMs: number): Promise<boolean>;
  /** Gives the count after it; the first is 1. */
  increment(slot: number, key: string): Promise<number>;
  close(): Promise<void>;
}

/** @throws CachectlError as {@link openRedis}; then no socket stays open */
export async function openRedisPool(options: RedisPoolOptions): Promise<RedisPool> {
  const address = parseRedisUrl(options.url, options.tls);
  const { deadlineMs, connectTimeoutMs } = options;
  const opened = await Promise.allSettled(
    Array.from({ length: options.connections }, () =>
      RedisConnection.open({ address, deadlineMs, connectTimeoutMs, joinWrites: false }),
    ),
  );
  const sockets = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => sockets.forEach((socket) => socket.close());
  for (const result of opened) {
    if (result.status === 'fulfilled') continue;
    await close();
    throw result.reason;
  }
  const at = (slot: number): RedisConnection => {
    const socket = sockets[slot];
    if (socket === undefined) throw new RangeError(`slot ${slot} of ${sockets.length}`);
    return socket;
  };
  return {
    get: async (slot, key) => (await at(slot).send('get', [key])) ?? undefined,
    getMany: async (slot, keys) =>
      (await at(slot).send('mget', [...keys])).map((value) => value ?? undefined),
    set: async (slot, key, value, ttlMs) => {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      await at(slot).send('set', ttlMs === undefined ? [key, bytes] : [key, bytes, 'PX', ttlMs]);
    },
    delete: async (slot, key) => (await at(slot).send('unlink', [key])) === 1,
    touch: async (slot, key, ttlMs) => (await at(slot).send('pexpire', [key, ttlMs])) === 1,
    increment: (slot, key) => at(slot).send('incr', [key]),
    close,
  };
}
