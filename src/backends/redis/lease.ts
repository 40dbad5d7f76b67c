import { createHash, randomUUID } from 'node:crypto';
import { CachectlError, isCachectlError, messageOf } from '../../base/errors.ts';
import type { LeaseGrant, LeaseStore } from '../lease.ts';
import type { CallArgument } from './call.ts';
import type { RedisConnection } from './connection.ts';

/** A script that the server keeps by the hash of its text. */
interface Script {
  readonly lua: string;
  readonly sha: string;
}

const RENEW = script(
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0",
);
const RELEASE = script(
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('unlink', KEYS[1]) end return 0",
);

/** Leases as keys that hold their owner's token and expire (`SET NX PX`). */
export class RedisLeaseStore implements LeaseStore {
  readonly #connection: RedisConnection;
  #closed = false;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async acquire(key: string, ttlMs: number): Promise<LeaseGrant> {
    this.#checkOpen();
    const token = randomUUID();
    const reply = await this.#connection.send('set', [key, token, 'NX', 'PX', wholeMs(ttlMs)]);
    return reply === null ? { granted: false } : { granted: true, token };
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.#run(RENEW, key, token, wholeMs(ttlMs))) === 1;
  }

  async release(key: string, token: string): Promise<boolean> {
    return (await this.#run(RELEASE, key, token)) === 1;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #run({ lua, sha }: Script, key: string, ...args: CallArgument[]): Promise<unknown> {
    this.#checkOpen();
    try {
      return await this.#connection.send('evalsha', [sha, 1, key, ...args]);
    } catch (error) {
      if (!isCachectlError(error, 'SERVER_ERROR') || !messageOf(error).includes('NOSCRIPT')) throw error;
      return this.#connection.send('eval', [lua, 1, key, ...args]);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the lease store is closed');
  }
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}
