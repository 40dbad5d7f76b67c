import { CachectlError } from '../base/errors.ts';
import { mix32, type Random } from '../base/random.ts';
import { fill, isFilledBy } from './filler.ts';

/** Sizes of values in bytes, each at least {@link MIN_VALUE_BYTES}. */
export type ValueSizes =
  | { readonly distribution: 'fixed'; readonly bytes: number }
  | { readonly distribution: 'uniform'; readonly minBytes: number; readonly maxBytes: number };

export interface ValueHeader {
  /** The key that the value was made for, in [0, 2^32). */
  readonly keyIndex: number;
  /** Which of that key's values it is, in [0, 2^32). */
  readonly version: number;
}

/** `torn`: bytes were lost, added or altered, or the value was not made by a {@link ValueMaker}. */
export type ValueCheck = 'ok' | 'wrong_key' | 'torn';

/** Size of the header, and so the smallest value. */
export const MIN_VALUE_BYTES = 20;

/** Large enough for any backend's limit. */
const MAX_VALUE_BYTES = 2 ** 29;

/** `ccv1` in ASCII. */
const MAGIC = 0x31766363;

/**
 * Makes values that say whose they are, so that a reader can tell a right value from another key's, an
 * old one or a damaged one. Little-endian: magic, key index, version, length, checksum of these four;
 * then filler that the checksum determines.
 *
 * A key's size depends on the seed and the key alone: every version, on every machine, is as large.
 */
export class ValueMaker {
  readonly #minBytes: number;
  readonly #sizeCount: number;
  readonly #sizeSeed: number;

  /** Throws `BAD_SCENARIO` when a size is out of range. Give every generator of a run the same `layout` seed. */
  constructor(sizes: ValueSizes, layout: Random) {
    const min = requireSize(sizes.distribution === 'fixed' ? sizes.bytes : sizes.minBytes);
    const max = sizes.distribution === 'fixed' ? min : requireSize(sizes.maxBytes);
    if (max < min) {
      throw new CachectlError('BAD_SCENARIO', `largest value size ${max} is below the smallest, ${min}`);
    }
    this.#minBytes = min;
    this.#sizeCount = max - min + 1;
    this.#sizeSeed = layout.fork('value sizes').nextUint32();
  }

  /** Size of the key's value in bytes. */
  sizeOf(keyIndex: number): number {
    if (this.#sizeCount === 1) return this.#minBytes;
    return this.#minBytes + Math.floor((mix32(keyIndex ^ this.#sizeSeed) / 2 ** 32) * this.#sizeCount);
  }

  /** A new value. Small ones share memory blocks of a few KiB with their neighbours, as any Node buffers do. */
  make(keyIndex: number, version: number): Uint8Array {
    const bytes = this.sizeOf(keyIndex);
    const checksum = checksumOf(keyIndex, version, bytes);
    const value = Buffer.allocUnsafe(bytes);
    value.writeUInt32LE(MAGIC, 0);
    value.writeUInt32LE(keyIndex, 4);
    value.writeUInt32LE(version, 8);
    value.writeUInt32LE(bytes, 12);
    value.writeUInt32LE(checksum, 16);
    fill(value, MIN_VALUE_BYTES, checksum);
    return value;
  }
}

/** The header of a value of any {@link ValueMaker}; undefined when there is none or it is damaged. The filler is not read. */
export function readValueHeader(value: Uint8Array): ValueHeader | undefined {
  if (value.byteLength < MIN_VALUE_BYTES) return undefined;
  const view = asBuffer(value);
  if (view.readUInt32LE(0) !== MAGIC || view.readUInt32LE(12) !== value.byteLength) return undefined;
  const keyIndex = view.readUInt32LE(4);
  const version = view.readUInt32LE(8);
  if (view.readUInt32LE(16) !== checksumOf(keyIndex, version, value.byteLength)) return undefined;
  return { keyIndex, version };
}

/** Checks every byte of a value that was read under a key. */
export function verifyValue(value: Uint8Array, keyIndex: number): ValueCheck {
  const header = readValueHeader(value);
  if (header === undefined) return 'torn';
  const view = asBuffer(value);
  if (!isFilledBy(view, MIN_VALUE_BYTES, view.readUInt32LE(16))) return 'torn';
  return header.keyIndex === keyIndex ? 'ok' : 'wrong_key';
}

function checksumOf(keyIndex: number, version: number, bytes: number): number {
  return mix32(mix32(mix32(MAGIC ^ keyIndex) ^ version) ^ bytes);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function requireSize(bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= MIN_VALUE_BYTES && bytes <= MAX_VALUE_BYTES) return bytes;
  throw new CachectlError(
    'BAD_SCENARIO',
    `value size is ${bytes} bytes, expected an integer from ${MIN_VALUE_BYTES} to ${MAX_VALUE_BYTES}`,
    { hint: `each value begins with a header of ${MIN_VALUE_BYTES} bytes, by which it is checked when read` },
  );
}
