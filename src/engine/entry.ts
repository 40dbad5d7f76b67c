import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import { CachectlError } from '../base/errors.ts';
import type { Codec } from './codec.ts';

/*
 * An entry as it is stored: two bytes of header, then the payload.
 *
 *   byte 0   0xCA, so that bytes written by somebody else are noticed
 *   byte 1   bits 0-3 codec (0: the value is bytes), bit 7 payload compressed; the others are kept for
 *            extensions and must be 0: an entry with one that is not known is corrupt, and so a miss
 */
const MAGIC = 0xca;
const HEADER_BYTES = 2;
const CODEC_MASK = 0x0f;
const COMPRESSED = 0x80;
const BYTES_CODEC = 0;

/** What a compressed entry may unpack to at most: a guard against bombs. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;
/** Below this size compressing takes less time than handing it to another thread. */
const SYNC_BYTES = 16 * 1024;
const FAST = { level: constants.Z_BEST_SPEED };

const deflateAsync = promisify<Uint8Array, object, Buffer>(deflateRaw);
const inflateAsync = promisify<Uint8Array, object, Buffer>(inflateRaw);

/** Turns values into entries and back. */
export class EntryFormat {
  readonly #codec: Codec;
  readonly #compressAbove: number;

  constructor(codec: Codec, compressAboveBytes: number | undefined) {
    if (codec.id < 1 || codec.id > CODEC_MASK) {
      throw new CachectlError('BAD_USAGE', `codec ${codec.name}: its id must be 1 to ${CODEC_MASK}`);
    }
    this.#codec = codec;
    this.#compressAbove = compressAboveBytes ?? Infinity;
  }

  /** @throws CachectlError `BAD_USAGE` when the codec cannot hold the value */
  encode(value: unknown): Uint8Array {
    const isBytes = value instanceof Uint8Array;
    const bytes = isBytes ? withHeadroom(value) : this.#encodeValue(value);
    bytes[0] = MAGIC;
    bytes[1] = isBytes ? BYTES_CODEC : this.#codec.id;
    return bytes;
  }

  #encodeValue(value: unknown): Uint8Array {
    try {
      return this.#codec.encode(value, HEADER_BYTES);
    } catch (cause) {
      throw new CachectlError(
        'BAD_USAGE',
        `the value cannot be stored as ${this.#codec.name}: ${String(cause)}`,
        {
          cause,
        },
      );
    }
  }

  /** The entry as shared tiers store it: compressed when large enough, and when it gets smaller by that. */
  async pack(entry: Uint8Array): Promise<Uint8Array> {
    const payload = entry.subarray(HEADER_BYTES);
    const small =
      payload.length < SYNC_BYTES ? deflateRawSync(payload, FAST) : await deflateAsync(payload, FAST);
    if (small.length >= payload.length) return entry;
    const packed = withHeadroom(small);
    packed[0] = MAGIC;
    packed[1] = (entry[1] ?? 0) | COMPRESSED;
    return packed;
  }

  wantsPacking(entry: Uint8Array): boolean {
    return entry.length - HEADER_BYTES >= this.#compressAbove;
  }

  isPacked(entry: Uint8Array): boolean {
    return ((entry[1] ?? 0) & COMPRESSED) !== 0;
  }

  /** Undoes {@link pack}. @throws CachectlError `CORRUPT_ENTRY` */
  async unpack(entry: Uint8Array): Promise<Uint8Array> {
    this.#check(entry);
    const payload = entry.subarray(HEADER_BYTES);
    const options = { maxOutputLength: MAX_UNPACKED_BYTES };
    try {
      const large =
        payload.length < SYNC_BYTES ? inflateRawSync(payload, options) : await inflateAsync(payload, options);
      const plain = withHeadroom(large);
      plain[0] = MAGIC;
      plain[1] = (entry[1] ?? 0) & ~COMPRESSED;
      return plain;
    } catch (cause) {
      throw corrupt('its compressed payload is damaged', cause);
    }
  }

  #check(entry: Uint8Array): void {
    const format = entry[1];
    if (entry[0] !== MAGIC || format === undefined) throw corrupt('it was not written by this engine');
    const codec = format & ~COMPRESSED;
    if (codec === BYTES_CODEC || codec === this.#codec.id) return;
    throw corrupt(`its format is ${codec}, not ${this.#codec.name} (${this.#codec.id})`);
  }

  /** The value of an entry that is not packed. @throws CachectlError `CORRUPT_ENTRY` */
  decode(entry: Uint8Array): unknown {
    this.#check(entry);
    const payload = entry.subarray(HEADER_BYTES);
    if (entry[1] === BYTES_CODEC) return payload;
    try {
      return this.#codec.decode(payload);
    } catch (cause) {
      throw corrupt(`it is not valid ${this.#codec.name}`, cause);
    }
  }
}

function withHeadroom(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

function corrupt(why: string, cause?: unknown): CachectlError {
  return new CachectlError('CORRUPT_ENTRY', `the stored entry cannot be used: ${why}`, { cause });
}
