import { createHmac } from 'node:crypto';
import { CachectlError } from '../base/errors.ts';
import type { Cache } from './cache.ts';
import { joinKey } from './keys.ts';
import type { Duration, Policy } from './options.ts';

const DEFAULT_NAME = 'session';
const LEAST_SECRET_BYTES = 16;

export interface SessionPolicyOptions {
  /** First part of the sessions' keys. Default `session`. */
  readonly name?: string;
  /** A session ends when nobody used it for this long. Default 24 h. */
  readonly ttl?: Duration;
}

export interface SessionsOptions {
  /** As in {@link sessionPolicy}. */
  readonly name?: string;
  /**
   * At least 16 bytes. Keys and tags then hold the HMAC-SHA-256 of session ids and users instead of these, so that who
   * reads keys, on the server or in logs, cannot take over a session.
   */
  readonly secret?: string | Uint8Array;
}

/** The policy by which a cache keeps sessions: sliding, each use starts the time to live again. */
export function sessionPolicy({ name = DEFAULT_NAME, ttl = '24h' }: SessionPolicyOptions = {}): Policy {
  return { key: `${joinKey([name])}:{id}`, ttl, sliding: true, shape: 'structured' };
}

/** Sessions of users, in a cache. */
export interface Sessions<T> {
  /** What the session holds, which counts as use; undefined when there is none. */
  get(id: string): Promise<T | undefined>;
  /** Starts or changes a session; with a user it falls with all of his by {@link SessionScope.destroy}. */
  set(id: string, value: T, options?: { readonly user?: string }): Promise<void>;
  /** Counts as use; whether there is such a session. */
  touch(id: string): Promise<boolean>;
  /** Ends a session; whether there was one. Rejects when a tier may still have it. */
  destroy(id: string): Promise<boolean>;
  /** All sessions of a user. */
  scopeOf(user: string): SessionScope;
}

export interface SessionScope {
  /** The tag that the sessions have in the cache. */
  readonly tag: string;
  /** Ends them all, in every instance: log-out everywhere, a changed password. Rejects as {@link Cache.invalidate}. */
  destroy(): Promise<void>;
}

/**
 * Sessions in a cache that has {@link sessionPolicy} among its policies:
 * `createCache({ …, policies: { sessions: sessionPolicy() } })`. Each `set` has to name the user again: what is stored
 * without does not fall with his other sessions.
 *
 * @throws CachectlError `BAD_USAGE` when the secret is short
 */
export function sessions<T = unknown>(cache: Cache, options: SessionsOptions = {}): Sessions<T> {
  const { name = DEFAULT_NAME, secret } = options;
  const named = namer(secret);
  const keyOf = (id: string): string => joinKey([name, named('session', id)]);
  const tagOf = (user: string): string => joinKey(['user', named('user', user)]);
  return {
    get: async (id) => cache.get<T>(keyOf(id)),
    set: async (id, value, { user } = {}) =>
      cache.set(keyOf(id), value, user === undefined ? {} : { tags: [tagOf(user)] }),
    touch: async (id) => (await cache.get(keyOf(id))) !== undefined,
    destroy: async (id) => cache.delete(keyOf(id)),
    scopeOf: (user) => {
      const tag = tagOf(user);
      return { tag, destroy: () => cache.invalidate({ tags: [tag] }) };
    },
  };
}

/** What stands for an id in the cache. Its kind goes into it, so that a user and a session never have the same. */
function namer(secret: string | Uint8Array | undefined): (kind: string, id: string) => string {
  if (secret !== undefined && Buffer.byteLength(secret) < LEAST_SECRET_BYTES) {
    throw new CachectlError(
      'BAD_USAGE',
      `the secret of sessions is shorter than ${LEAST_SECRET_BYTES} bytes`,
      {
        hint: 'use 32 random bytes, the same in all instances',
      },
    );
  }
  return (kind, id) => {
    if (id === '') throw new CachectlError('BAD_USAGE', `the id of a ${kind} must not be empty`);
    if (secret === undefined) return id;
    return createHmac('sha256', secret).update(`${kind}\0${id}`, 'utf8').digest('base64url');
  };
}
