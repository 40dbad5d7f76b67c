import { createHash } from 'node:crypto';
import { CachectlError } from '../base/errors.ts';

/** A key in full, or the parts it is made of: `'customer:360:42'` is `['customer', '360', 42]`. */
export type Key = string | readonly KeyPart[];
export type KeyPart = string | number | bigint | boolean;

/** Longest stored key in bytes: Memcached's limit, kept for every tier so that a key is the same in each. */
const MAX_STORED_KEY_BYTES = 250;

const UNSAFE = /[\u0000-\u0020\u007f]/;

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
    if (namespace === '' || namespace.includes(':') || UNSAFE.test(namespace) || namespace.length > 64) {
      throw new CachectlError(
        'BAD_USAGE',
        `namespace ${JSON.stringify(namespace)} is not 1 to 64 characters without ':', spaces and control characters`,
      );
    }
    this.prefix = `${namespace}:`;
  }

  /** The key as the tier in this process knows it. */
  scoped(key: string): string {
    return this.prefix + key;
  }

  /**
   * The key as servers know it: itself, or when it is long or holds spaces or control characters, `#` and its
   * SHA-256. A key that itself begins with `#` is hashed too, so that nothing can be mistaken for a hash.
   */
  stored(scoped: string): string {
    const length = scoped.length;
    const fits =
      length * 3 <= MAX_STORED_KEY_BYTES || Buffer.byteLength(scoped, 'utf8') <= MAX_STORED_KEY_BYTES;
    if (fits && scoped.charCodeAt(this.prefix.length) !== 0x23 && !UNSAFE.test(scoped)) return scoped;
    return `${this.prefix}#${createHash('sha256').update(scoped, 'utf8').digest('base64url')}`;
  }
}
