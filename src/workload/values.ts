import { mix32, type Random } from '../base/random.ts';
import { fill, isFilledBy } from './filler.ts';
import { requireRange } from './ranges.ts';
import { isShortValueOf, makeShortValue } from './short-values.ts';
import { createSizeQuantile, type ValueSizes } from './value-sizes.ts';

export interface ValueHeader {
  /** The key that the value was made for, in [0, 2^32). */
  readonly keyIndex: number;
  /** Which of that key's values it is, in [0, 2^32). */
  readonly version: number;
}

/** `torn`: bytes were lost, added or altered, or the value was not made by a {@link ValueMaker}. */
export type ValueCheck = 'ok' | 'wrong_key' | 'torn';

/** Size of the header; smaller values have none, and so no version. */
export const HEADER_BYTES = 20;

/** `ccv1` in ASCII. */
const MAGIC = 0x31766363;
/** The magic's last byte when a percentage, which is added, of the filler is repeated bytes. */
const REPEATED = 0x80;

/**
 * Makes values that say whose they are, so that a reader can tell a right value from another key's, an
 * old one or a damaged one. Little-endian: magic, key index, version, length, checksum of these four;
 * then filler that the checksum determines.
 *
 * A key's size depends on the seed and the key alone: every version, on every machine, is as large.
 */
export class ValueMaker {
  readonly #sizeAt: (u: number) => number;
  readonly #sizeSeed: number;
  readonly #repeated: number;
  readonly #magic: number;

  /** Throws `BAD_SCENARIO` when a size is out of range. Give every generator of a run the same `layout` seed. */
  constructor(sizes: ValueSizes, layout: Random) {
    this.#sizeAt = createSizeQuantile(sizes);
    this.#sizeSeed = layout.fork('value sizes').nextUint32();
    this.#repeated = Math.round(requireRange('compressibility', sizes.compressibility ?? 0, 0, 1) * 100);
    this.#magic = magicOf(this.#repeated);
  }

  /** Size of the key's value in bytes. */
  sizeOf(keyIndex: number): number {
    // Half a step away from 0, where the logarithms of some distributions end.
    return this.#sizeAt((mix32(keyIndex ^ this.#sizeSeed) + 0.5) / 2 ** 32);
  }

  /** A new value. Small ones share memory blocks of a few KiB with their neighbours, as any Node buffers do. */
  make(keyIndex: number, version: number): Uint8Array {
    const bytes = this.sizeOf(keyIndex);
    if (bytes < HEADER_BYTES) return makeShortValue(keyIndex, bytes);
    const checksum = checksumOf(this.#magic, keyIndex, version, bytes);
    const value = Buffer.allocUnsafe(bytes);
    value.writeUInt32LE(this.#magic, 0);
    value.writeUInt32LE(keyIndex, 4);
    value.writeUInt32LE(version, 8);
    value.writeUInt32LE(bytes, 12);
    value.writeUInt32LE(checksum, 16);
    fill(value, HEADER_BYTES, checksum, this.#repeated);
    return value;
  }
}

/** The header of a value of any {@link ValueMaker}; undefined when there is none or it is damaged. The filler is not read. */
export function readValueHeader(value: Uint8Array): ValueHeader | undefined {
  if (value.byteLength < HEADER_BYTES) return undefined;
  const view = asBuffer(value);
  const magic = view.readUInt32LE(0);
  if (magic !== magicOf(repeatedOf(magic)) || view.readUInt32LE(12) !== value.byteLength) return undefined;
  const keyIndex = view.readUInt32LE(4);
  const version = view.readUInt32LE(8);
  if (view.readUInt32LE(16) !== checksumOf(magic, keyIndex, version, value.byteLength)) return undefined;
  return { keyIndex, version };
}

/** Checks every byte of a value that was read under a key. One without a header is `torn` when it is another key's. */
export function verifyValue(value: Uint8Array, keyIndex: number): ValueCheck {
  if (value.byteLength < HEADER_BYTES) return isShortValueOf(keyIndex, value) ? 'ok' : 'torn';
  const header = readValueHeader(value);
  if (header === undefined) return 'torn';
  const view = asBuffer(value);
  const repeated = repeatedOf(view.readUInt32LE(0));
  if (!isFilledBy(view, HEADER_BYTES, view.readUInt32LE(16), repeated)) return 'torn';
  return header.keyIndex === keyIndex ? 'ok' : 'wrong_key';
}

/**
 * Checks by its header alone the value that lies at `start` to `end` of the bytes: that it was made for the key, is as long
 * as it was made, and that nothing of the header was altered. The filler is not read.
 */
export function verifyHeaderAt(bytes: Buffer, start: number, end: number, keyIndex: number): ValueCheck {
  const length = end - start;
  if (length < HEADER_BYTES) return isShortValueOf(keyIndex, bytes.subarray(start, end)) ? 'ok' : 'torn';
  const magic = bytes.readUInt32LE(start);
  if (magic !== magicOf(repeatedOf(magic)) || bytes.readUInt32LE(start + 12) !== length) return 'torn';
  const key = bytes.readUInt32LE(start + 4);
  const checksum = checksumOf(magic, key, bytes.readUInt32LE(start + 8), length);
  if (bytes.readUInt32LE(start + 16) !== checksum) return 'torn';
  return key === keyIndex ? 'ok' : 'wrong_key';
}

function magicOf(repeated: number): number {
  return repeated === 0 ? MAGIC : ((MAGIC & 0xffffff) | ((REPEATED + repeated) << 24)) >>> 0;
}

function repeatedOf(magic: number): number {
  return Math.min(Math.max((magic >>> 24) - REPEATED, 0), 100);
}

function checksumOf(magic: number, keyIndex: number, version: number, bytes: number): number {
  return mix32(mix32(mix32(magic ^ keyIndex) ^ version) ^ bytes);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
