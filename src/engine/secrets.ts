import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { CachectlError } from '../base/errors.ts';

/** A shorter secret can be guessed; what HMAC-SHA-256 keeps of it would be no better. */
const LEAST_SECRET_BYTES = 16;

const LENGTH_BYTES = 4;
const NOTHING = new Uint8Array(0);

export const MAC_BYTES = 16;

/** The secret, ready for use. @throws CachectlError `BAD_USAGE` when it is shorter than 16 bytes */
export function secretKey(secret: string | Uint8Array, name: string): KeyObject {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret;
  if (bytes.length >= LEAST_SECRET_BYTES) return createSecretKey(bytes);
  throw new CachectlError(
    'BAD_USAGE',
    `${name} has ${bytes.length} bytes, and needs at least ${LEAST_SECRET_BYTES}`,
    { hint: 'make one with: openssl rand -base64 32' },
  );
}

/**
 * The first 16 bytes of the HMAC-SHA-256 (RFC 2104; truncated as its section 5 allows) of texts and bytes, each
 * preceded by its length, so that cutting them into parts in another way gives another result. `purpose` keeps apart
 * what is made with one secret for different ends.
 */
export function macOf(
  key: KeyObject,
  purpose: string,
  texts: readonly string[],
  bytes: Uint8Array = NOTHING,
): Buffer {
  const hmac = createHmac('sha256', key);
  const parts = [purpose, ...texts].map((text) => Buffer.from(text, 'utf8'));
  const head = Buffer.allocUnsafe(
    parts.reduce((sum, { length }) => sum + LENGTH_BYTES + length, LENGTH_BYTES),
  );
  let at = 0;
  for (const part of parts) {
    at = head.writeUInt32BE(part.length, at);
    at += part.copy(head, at);
  }
  head.writeUInt32BE(bytes.length, at);
  return hmac.update(head).update(bytes).digest().subarray(0, MAC_BYTES);
}
