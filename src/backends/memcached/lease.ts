import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import type { LeaseGrant, LeaseStore } from '../lease.ts';
import type { Connection } from './connection.ts';
import { closedError, deadlineExceeded } from './errors.ts';
import { leaseExpiry } from './expiry.ts';
import { derivedKey, wireKey } from './keys.ts';
import type { Reply } from './reply.ts';
import type { Servers } from './servers.ts';

/** Keeps leases apart from entries of the same key. */
const PREFIX = '~lease:';

/**
 * Leases as entries that only `add` creates and only a compare-and-swap changes. They are kept in steps of a
 * second: a lease never ends before its time and up to 2 s after it. A server that runs out of memory may evict
 * one; and a call that missed its deadline may have been granted the lease all the same, which then ends by itself.
 */
export class MemcachedLeaseStore implements LeaseStore {
  readonly #servers: Servers<Connection>;
  readonly #deadlineMs: number;
  readonly #clock: Clock;
  #closed = false;

  constructor(servers: Servers<Connection>, deadlineMs: number, clock: Clock) {
    this.#servers = servers;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
  }

  async acquire(key: string, ttlMs: number): Promise<LeaseGrant> {
    const { connection, text, flag } = this.#place(key);
    const token = randomUUID();
    const command = `ms ${text} ${token.length} ME T${leaseExpiry(ttlMs)}${flag}\r\n`;
    const granted = await connection.request(command, Buffer.from(token), connection.read.done);
    return granted ? { granted, token } : { granted };
  }

  renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return this.#ifOwner(key, token, ({ connection, text, flag }, cas) =>
      connection.request(
        `ms ${text} ${Buffer.byteLength(token)} C${cas} T${leaseExpiry(ttlMs)}${flag}\r\n`,
        Buffer.from(token),
        connection.read.done,
      ),
    );
  }

  release(key: string, token: string): Promise<boolean> {
    return this.#ifOwner(key, token, ({ connection, text, flag }, cas) =>
      connection.request(`md ${text} C${cas}${flag}\r\n`, undefined, connection.read.done),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Two steps under one deadline: who holds it, then the change, which fails when that has changed in between. */
  async #ifOwner(
    key: string,
    token: string,
    change: (place: Place, cas: string) => Promise<boolean>,
  ): Promise<boolean> {
    const place = this.#place(key);
    const { connection } = place;
    const work = async (): Promise<boolean> => {
      const cas = await connection.request(`mg ${place.text} v c${place.flag}\r\n`, undefined, (reply) =>
        casOf(reply, token, () => connection.read.hit(reply)),
      );
      return cas !== undefined && change(place, cas);
    };
    const late = (): Error => deadlineExceeded(connection.server, this.#deadlineMs);
    return settleWithin(work(), this.#deadlineMs, late, this.#clock);
  }

  #place(key: string): Place {
    if (this.#closed) throw closedError('lease store');
    const name = derivedKey(PREFIX, key);
    return { connection: this.#servers.of(name), ...wireKey('memcached lease', name) };
  }
}

interface Place {
  readonly connection: Connection;
  readonly text: string;
  readonly flag: string;
}

/** The compare-and-swap number of the entry when it holds `token`; `orThrow` throws for a reply that is an error. */
function casOf(reply: Reply, token: string, orThrow: () => unknown): string | undefined {
  if (reply.kind !== 'VA') orThrow();
  return reply.value?.equals(Buffer.from(token)) === true ? reply.cas : undefined;
}
