import { randomUUID } from 'node:crypto';
import { CachectlError } from '../../base/errors.ts';
import type { LeaseGrant, LeaseStore } from '../lease.ts';
import type { RedisConnection } from './connection.ts';
import { leaseTime, RELEASE, RENEW, run } from './scripts.ts';

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
    const reply = await this.#connection.send('set', [key, token, 'NX', 'PX', leaseTime(ttlMs)]);
    return reply === null ? { granted: false } : { granted: true, token };
  }

  async renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    this.#checkOpen();
    return (await run(this.#connection, RENEW, [key], [token, leaseTime(ttlMs)])) === 1;
  }

  async release(key: string, token: string): Promise<boolean> {
    this.#checkOpen();
    return (await run(this.#connection, RELEASE, [key], [token])) === 1;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the lease store is closed');
  }
}
