import { createHash } from 'node:crypto';
import { CachectlError } from '../base/errors.ts';
import { macOf, secretKey } from './secrets.ts';

/** A key in full, or the parts it is made of: `'customer:360:42'` is `['customer', '360', 42]`. */
export type Key = string | readonly KeyPart[];
export type KeyPart = string | number | bigint | boolean;

/** Longest stored key in bytes: Memcached's limit, kept for every tier so that a key is the same in each. */
const MAX_STORED_KEY_BYTES = 250;

/** Spaces and control characters break Memcached's protocol, braces decide the slot in a Redis Cluster. */
const UNSAFE = /[\u0000-\u0020\u007f{}]/;

/** What is neither unsafe nor outside ASCII, where a character is a byte. */
const UNUSUAL = /[^!-z|~]/;

/** First characters, after the namespace, of hashed keys (`#`) and of the engine's own records (`~`). */
const HASHED = 0x23;
const OWN = 0x7e;

/**
 * Joins parts to a key so that no two lists of parts make the same one: `%`, `:` and `#` within a part are
 * percent-encoded, and the type of a part does not matter (`1` is `'1'`).
 */
export function joinKey(parts: readonly KeyPart[]): string {
  if (parts.length === 0) throw new CachectlError('BAD_USAGE', 'a key needs at least one part');
  return parts.map((part) => String(part).replace(/[%:#]/g, encodeURIComponent)).join(':');
}

export function keyString(key: Key): string {
  const text = typeof key === 'string' ? key : joinKey(key);
  if (text === '' && typeof key === 'string') throw new CachectlError('BAD_USAGE', 'a key must not be empty');
  return text;
}

/** Puts keys under a namespace, and gives them the form in which tiers that are servers store them. */
export class KeySpace {
  readonly prefix: string;

  constructor(namespace: string) {
    if (
      namespace === '' ||
      namespace.includes(':') ||
      UNSAFE.test(namespace) ||
      namespace.length > 64 ||
      !namespace.isWellFormed()
    ) {
      throw new CachectlError(
        'BAD_USAGE',
        `namespace ${JSON.stringify(namespace)} is not 1 to 64 characters without ':', braces, spaces and control characters`,
      );
    }
    this.prefix = `${namespace}:`;
  }

  /**
   * The key as servers know it: itself, or `#` and its SHA-256 when it is long, holds spaces, control characters or
   * braces, or begins with `#` or with `~`, as the engine's own records do. So nothing can be mistaken for a hash or
   * for a record.
   */
  stored(key: string): string {
    const scoped = this.prefix + key;
    const isUsual =
      scoped.length <= MAX_STORED_KEY_BYTES && !this.#isReserved(scoped) && !UNUSUAL.test(scoped);
    return isUsual ? scoped : this.#unusual(scoped);
  }

  #isReserved(scoped: string): boolean {
    const first = scoped.charCodeAt(this.prefix.length);
    return first === HASHED || first === OWN;
  }

  #unusual(scoped: string): string {
    // Half a surrogate pair has no UTF-8: each would be stored as the same replacement character.
    if (!scoped.isWellFormed()) return `${this.prefix}#u${sha256(Buffer.from(scoped, 'utf16le'))}`;
    const fits = Buffer.byteLength(scoped, 'utf8') <= MAX_STORED_KEY_BYTES;
    if (fits && !this.#isReserved(scoped) && !UNSAFE.test(scoped)) return scoped;
    return `${this.prefix}#${sha256(Buffer.from(scoped, 'utf8'))}`;
  }

  /** The key that is stored as itself under this name; undefined for the hash of one, and for a record of the engine's. */
  ownOf(stored: string): string | undefined {
    return this.#isReserved(stored) ? undefined : stored.slice(this.prefix.length);
  }
}

/**
 * A part of a key that stands for one user: without the secret nobody can tell whose it is or make up another's, and
 * no two users have the same. 22 characters of `A-Z a-z 0-9 _ -`.
 * @param secret at least 16 bytes, the same in all instances
 * @throws CachectlError `BAD_USAGE` when the secret is too short, or the user is empty, as one who is not logged in
 *   may be: all of them would share what is cached
 */
export function scopePart(secret: string | Uint8Array, user: string): string {
  const key = secretKey(secret, 'the secret of user scopes');
  if (user === '' || !user.isWellFormed()) {
    throw new CachectlError('BAD_USAGE', `user ${JSON.stringify(user)} is empty or no valid text`);
  }
  return macOf(key, 'cachectl user scope', [user]).toString('base64url');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
