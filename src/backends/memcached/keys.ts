import { createHash } from 'node:crypto';
import { checkKeySize, keyBytes } from '../keys.ts';
import type { TierKey } from '../tier-entry.ts';

/** Memcached's own limit on keys. */
export const MAX_KEY_BYTES = 250;
/** The limit holds for the base64 form, and 250 characters of base64 carry whole groups only: 62 × 3 bytes. */
export const MAX_BINARY_KEY_BYTES = 186;

/** A key as the meta protocol writes it. */
export interface WireKey {
  /** One latin1 character for each byte that is sent. */
  readonly text: string;
  /** ` b` for a key sent as base64, else empty. */
  readonly flag: '' | ' b';
}

/**
 * Keys of visible ASCII and of bytes from 0x80 on are sent as they are, others (with spaces or control
 * characters) as base64. The server stores the same bytes either way.
 * @throws CachectlError `KEY_TOO_LONG` over 250 bytes, or over 186 where base64 is needed; `BAD_USAGE` when empty
 */
export function wireKey(tier: string, key: TierKey): WireKey {
  if (typeof key === 'string' && isPlainAscii(key)) {
    checkKeySize(tier, key, key.length, MAX_KEY_BYTES);
    return { text: key, flag: '' };
  }
  const bytes = keyBytes(key);
  if (bytes.every(isPlainByte)) {
    checkKeySize(tier, key, bytes.length, MAX_KEY_BYTES);
    return { text: bytes.toString('latin1'), flag: '' };
  }
  checkKeySize(tier, key, bytes.length, MAX_BINARY_KEY_BYTES);
  return { text: bytes.toString('base64'), flag: ' b' };
}

/** A key of our own, apart from entries by its prefix; hashed where it would be too long for the server. */
export function derivedKey(prefix: string, name: string): string {
  const key = prefix + name;
  if (Buffer.byteLength(key) <= MAX_BINARY_KEY_BYTES) return key;
  return `${prefix.slice(0, 16)}#${createHash('sha256').update(key).digest('base64url')}`;
}

function isPlainAscii(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return true;
}

function isPlainByte(byte: number): boolean {
  return byte > 0x20 && byte !== 0x7f;
}
