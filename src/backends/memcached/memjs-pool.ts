import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import { formatServer, parseServers } from './address.ts';
import { entryExpiry } from './expiry.ts';
import { MemjsClient } from './memjs-client.ts';
import { Servers } from './servers.ts';

/** memjs takes keys as text as well as its published types say, and these calls that they leave out. */
declare module 'memjs' {
  interface Client<TIn, TOut> {
    /** @param expires seconds */
    touch(key: string, expires: number): Promise<boolean>;
    increment(
      key: string,
      amount: number,
      options: { readonly initial: number; readonly expires: number },
    ): Promise<{ value: number | null }>;
  }
}

export interface MemjsPoolOptions {
  readonly servers: string;
  /** Number of sockets to each server, at least 1. */
  readonly connections: number;
  /** Bound on every call, in milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** Sockets for a load tool, each a memjs of its own: a slot's latency is that of one client. */
export interface MemjsPool {
  /** @param slot which socket, from 0 to `connections` - 1 */
  get(slot: number, key: string): Promise<Uint8Array | undefined>;
  /** memjs has no call for several keys: a get for each, at once. */
  getMany(slot: number, keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  set(slot: number, key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  /** True when there was an entry. */
  delete(slot: number, key: string): Promise<boolean>;
  touch(slot: number, key: string, ttlMs: number): Promise<boolean>;
  /** Gives the count after it; the first is 1. */
  increment(slot: number, key: string, ttlMs: number): Promise<number>;
  close(): Promise<void>;
}

/**
 * Connects at the first call of each slot.
 * @throws CachectlError `BAD_USAGE` for a unix socket, which memjs does not know
 */
export function openMemjsPool({ servers, connections, deadlineMs, clock }: MemjsPoolOptions): MemjsPool {
  const list = parseServers(servers);
  const names = list.servers.map(formatServer);
  const slots = Array.from({ length: connections }, () => {
    const clients = list.servers.map((address) => {
      if (!('path' in address)) {
        return new MemjsClient(address, { deadlineMs, clock, credentials: list.credentials });
      }
      throw new CachectlError('BAD_USAGE', `memjs connects by TCP only, not to ${formatServer(address)}`, {
        hint: 'name the server as host:port, or leave it out: a private one is started then',
      });
    });
    return new Servers(clients, names);
  });
  const at = (slot: number, key: string): MemjsClient => {
    const socket = slots[slot];
    if (socket === undefined) throw new RangeError(`slot ${slot} of ${slots.length}`);
    return socket.of(key);
  };
  const expiry = (ttlMs: number): number => entryExpiry(ttlMs, undefined, clock);
  const get = async (slot: number, key: string): Promise<Uint8Array | undefined> =>
    (await at(slot, key).call((client) => client.get(key))).value ?? undefined;
  return {
    get,
    getMany: (slot, keys) => Promise.all(keys.map((key) => get(slot, key))),
    set: async (slot, key, value, ttlMs) => {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      await at(slot, key).call((client) => client.set(key, bytes, { expires: expiry(ttlMs) }));
    },
    delete: (slot, key) => at(slot, key).call((client) => client.delete(key)),
    touch: (slot, key, ttlMs) => at(slot, key).call((client) => client.touch(key, expiry(ttlMs))),
    increment: async (slot, key, ttlMs) => {
      const options = { initial: 1, expires: expiry(ttlMs) };
      return Number((await at(slot, key).call((client) => client.increment(key, 1, options))).value);
    },
    close: async () => {
      for (const { all } of slots) for (const client of all) client.close();
    },
  };
}
