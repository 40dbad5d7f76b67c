import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { CachectlError } from '../base/errors.ts';
import { SEALED_MAGIC } from './entry-meta.ts';
import type { IntegrityOptions } from './options.ts';
import { MAC_BYTES, macOf, secretKey } from './secrets.ts';

const PURPOSE = 'cachectl entry';
const MAC_AT = 2;
const SEAL_BYTES: number = MAC_AT + MAC_BYTES;
const MOST_KEYS = 256;

/**
 * Signs the entries of shared tiers, so that one that was tampered with, or moved to another key or namespace, is
 * noticed. A signed entry is the entry as stored, packed or not, behind a seal:
 *
 *   byte 0      0xCC
 *   byte 1      number of the key that signed
 *   bytes 2-17  HMAC-SHA-256, truncated, of namespace, stored key and entry
 *
 * A cache with keys takes no entry without a seal, and one without keys none with it: either is a miss, so turning
 * signing on or off empties the shared tiers. Putting back an older entry of the same key is not noticed here: that is
 * for its epoch and its time to live.
 */
export class EntrySeal {
  readonly #namespace: string;
  readonly #keys = new Map<number, KeyObject>();
  readonly #signs: number;
  readonly #signingKey: KeyObject;

  /** @throws CachectlError `BAD_USAGE` when a secret is too short, or a number is none or names no key */
  constructor(namespace: string, { keys, sign }: IntegrityOptions) {
    this.#namespace = namespace;
    for (const [number, secret] of Object.entries(keys)) {
      this.#keys.set(keyNumber(number), secretKey(secret, `integrity: key ${number}`));
    }
    const signingKey = this.#keys.get(sign);
    if (signingKey === undefined) {
      throw new CachectlError('BAD_USAGE', `integrity: there is no key ${sign} to sign with`, {
        hint: `give it in keys; there are: ${[...this.#keys.keys()].join(', ') || 'none'}`,
      });
    }
    this.#signs = sign;
    this.#signingKey = signingKey;
  }

  /** The entry behind its seal, to be stored under this key. */
  seal(entry: Uint8Array, storedKey: string): Uint8Array {
    const sealed = Buffer.allocUnsafe(SEAL_BYTES + entry.length);
    sealed[0] = SEALED_MAGIC;
    sealed[1] = this.#signs;
    sealed.set(macOf(this.#signingKey, PURPOSE, [this.#namespace, storedKey], entry), MAC_AT);
    sealed.set(entry, SEAL_BYTES);
    return sealed;
  }

  /** The entry without its seal, a view of the same bytes; undefined when it was not signed, as it is, for this key. */
  verify(sealed: Uint8Array, storedKey: string): Uint8Array | undefined {
    if (sealed.length < SEAL_BYTES || sealed[0] !== SEALED_MAGIC) return undefined;
    const key = this.#keys.get(sealed[1] ?? -1);
    if (key === undefined) return undefined;
    const entry = sealed.subarray(SEAL_BYTES);
    const mac = macOf(key, PURPOSE, [this.#namespace, storedKey], entry);
    return timingSafeEqual(mac, sealed.subarray(MAC_AT, SEAL_BYTES)) ? entry : undefined;
  }
}

function keyNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && String(number) === text && number < MOST_KEYS) return number;
  throw new CachectlError(
    'BAD_USAGE',
    `integrity: ${JSON.stringify(text)} is no key number from 0 to ${MOST_KEYS - 1}`,
  );
}
