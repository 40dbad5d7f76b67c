import { mix32 } from '../base/random.ts';

/** Any constant; another than that of longer values. */
const SALT = 0x51ed270b;

/**
 * Values that are too small for a header: bytes that key and length determine, so that all versions of a key are the
 * same, and a reader sees other bytes but cannot tell whose they are. The first byte is not ASCII, so that none is the
 * begin of a longer value.
 */
export function makeShortValue(keyIndex: number, bytes: number): Uint8Array {
  const value = Buffer.allocUnsafe(bytes);
  for (let i = 0; i < bytes; i++) value[i] = byteAt(keyIndex, bytes, i);
  return value;
}

export function isShortValueOf(keyIndex: number, value: Uint8Array): boolean {
  const bytes = value.byteLength;
  for (let i = 0; i < bytes; i++) if (value[i] !== byteAt(keyIndex, bytes, i)) return false;
  return bytes > 0;
}

function byteAt(keyIndex: number, bytes: number, index: number): number {
  const byte = mix32(mix32(keyIndex ^ SALT) ^ (bytes << 8) ^ index) >>> 24;
  return index === 0 ? byte | 0x80 : byte;
}
