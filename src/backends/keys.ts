import { CachectlError } from '../base/errors.ts';
import type { TierKey } from './tier-entry.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a key, as every server sees it. */
export function keyBytes(key: TierKey): Buffer {
  return typeof key === 'string'
    ? Buffer.from(key, 'utf8')
    : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
}

/**
 * A text that is the same for the same key bytes, and differs for different ones: for use as a map key.
 * Bytes that are no UTF-8 become a text that no UTF-8 decodes to (it begins with a lone surrogate).
 */
export function keyText(key: TierKey): string {
  if (typeof key === 'string') return key.isWellFormed() ? key : Buffer.from(key, 'utf8').toString('utf8');
  try {
    return strictUtf8.decode(key);
  } catch {
    return `\uD800${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}`;
  }
}

/** A key for people: control characters escaped, at most 80 characters. */
export function keyForMessage(key: TierKey): string {
  const text = JSON.stringify(typeof key === 'string' ? key : Buffer.from(key).toString('latin1'));
  return text.length <= 80 ? text : `${text.slice(0, 76)}…"`;
}

/** @throws CachectlError `KEY_TOO_LONG`, or `BAD_USAGE` for an empty key */
export function checkKeySize(tier: string, key: TierKey, bytes: number, maxBytes: number): void {
  if (bytes === 0) throw new CachectlError('BAD_USAGE', `${tier}: a key must not be empty`);
  if (bytes <= maxBytes) return;
  throw new CachectlError(
    'KEY_TOO_LONG',
    `${tier}: key ${keyForMessage(key)} is ${bytes} bytes long, at most ${maxBytes} fit`,
    { hint: 'hash the key, as the engine does for long keys' },
  );
}

/** @throws CachectlError `VALUE_TOO_LARGE` */
export function checkValueSize(tier: string, key: TierKey, bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new CachectlError(
    'VALUE_TOO_LARGE',
    `${tier}: the value of ${keyForMessage(key)} is ${bytes} bytes, at most ${maxBytes} fit`,
    { hint: "compress the value, split it, or raise the server's limit on item size" },
  );
}
