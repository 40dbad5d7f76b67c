import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import { CachectlError } from '../base/errors.ts';
import type { Codec } from './codec.ts';
import {
  corrupt,
  type EntryMeta,
  EntryMetaFormat,
  HEADER_BYTES,
  META_BITS,
  NO_META,
  SEALED_MAGIC,
} from './entry-meta.ts';

/*
 * An entry as it is stored: two bytes of header, its metadata, then the payload.
 *
 *   byte 0   0xCB, so that bytes written by somebody else are noticed (0xCA was a format without metadata, 0xCC
 *            stands before the seal of a signed entry)
 *   byte 1   bits 0-3 codec (0: the value is bytes), bits 4-5 which metadata there is, bit 7 payload compressed;
 *            bit 6 is kept for extensions and must be 0: an entry with it is corrupt, and so a miss
 */
const MAGIC = 0xcb;
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
  readonly #meta = new EntryMetaFormat();

  constructor(codec: Codec, compressAboveBytes: number | undefined) {
    if (codec.id < 1 || codec.id > CODEC_MASK) {
      throw new CachectlError('BAD_USAGE', `codec ${codec.name}: its id must be 1 to ${CODEC_MASK}`);
    }
    this.#codec = codec;
    this.#compressAbove = compressAboveBytes ?? Infinity;
  }

  /** @throws CachectlError `BAD_USAGE` when the codec cannot hold the value, or the entry cannot hold the metadata */
  encode(value: unknown, meta: EntryMeta = NO_META): Uint8Array {
    const payloadAt = HEADER_BYTES + this.#meta.sizeOf(meta);
    const isBytes = value instanceof Uint8Array;
    const bytes = isBytes ? withHeadroom(value, payloadAt) : this.#encodeValue(value, payloadAt);
    bytes[0] = MAGIC;
    bytes[1] = isBytes ? BYTES_CODEC : this.#codec.id;
    this.#meta.write(meta, bytes);
    return bytes;
  }

  #encodeValue(value: unknown, headroom: number): Uint8Array {
    try {
      return this.#codec.encode(value, headroom);
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
    const payloadAt = this.#meta.payloadAt(entry);
    const payload = entry.subarray(payloadAt);
    const small =
      payload.length < SYNC_BYTES ? deflateRawSync(payload, FAST) : await deflateAsync(payload, FAST);
    if (small.length >= payload.length) return entry;
    return withPayload(entry, payloadAt, small, (entry[1] ?? 0) | COMPRESSED);
  }

  wantsPacking(entry: Uint8Array): boolean {
    return (
      this.#compressAbove !== Infinity && entry.length - this.#meta.payloadAt(entry) >= this.#compressAbove
    );
  }

  isPacked(entry: Uint8Array): boolean {
    return ((entry[1] ?? 0) & COMPRESSED) !== 0;
  }

  /** Undoes {@link pack}. @throws CachectlError `CORRUPT_ENTRY` */
  async unpack(entry: Uint8Array): Promise<Uint8Array> {
    this.#check(entry);
    const payloadAt = this.#meta.payloadAt(entry);
    const payload = entry.subarray(payloadAt);
    const options = { maxOutputLength: MAX_UNPACKED_BYTES };
    try {
      const large =
        payload.length < SYNC_BYTES ? inflateRawSync(payload, options) : await inflateAsync(payload, options);
      return withPayload(entry, payloadAt, large, (entry[1] ?? 0) & ~COMPRESSED);
    } catch (cause) {
      throw corrupt('its compressed payload is damaged', cause);
    }
  }

  #check(entry: Uint8Array): void {
    const format = entry[1];
    if (entry[0] === SEALED_MAGIC) throw corrupt('it is signed, and this cache has no keys');
    if (entry[0] !== MAGIC || format === undefined) throw corrupt('it was not written by this engine');
    const codec = format & ~COMPRESSED & ~META_BITS;
    if (codec === BYTES_CODEC || codec === this.#codec.id) return;
    throw corrupt(`its format is ${codec}, not ${this.#codec.name} (${this.#codec.id})`);
  }

  /** What the entry says about itself, packed or not. @throws CachectlError `CORRUPT_ENTRY` */
  meta(entry: Uint8Array): EntryMeta {
    this.#check(entry);
    return this.#meta.read(entry);
  }

  /** {@link meta} and {@link decode} in one. @throws CachectlError `CORRUPT_ENTRY` */
  open(entry: Uint8Array): { readonly meta: EntryMeta; readonly value: unknown } {
    this.#check(entry);
    const meta = this.#meta.read(entry);
    return { meta, value: this.#decodeFrom(entry, this.#meta.end) };
  }

  /** The value of an entry that is not packed. @throws CachectlError `CORRUPT_ENTRY` */
  decode(entry: Uint8Array): unknown {
    this.#check(entry);
    return this.#decodeFrom(entry, this.#meta.payloadAt(entry));
  }

  #decodeFrom(entry: Uint8Array, payloadAt: number): unknown {
    if (this.isPacked(entry)) throw corrupt('it is packed');
    const payload = entry.subarray(payloadAt);
    if (((entry[1] ?? 0) & CODEC_MASK) === BYTES_CODEC) return payload;
    try {
      return this.#codec.decode(payload);
    } catch (cause) {
      throw corrupt(`it is not valid ${this.#codec.name}`, cause);
    }
  }
}

function withHeadroom(payload: Uint8Array, headroom: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(headroom + payload.length);
  bytes.set(payload, headroom);
  return bytes;
}

/** The entry with another payload, and so another format. */
function withPayload(entry: Uint8Array, payloadAt: number, payload: Uint8Array, format: number): Uint8Array {
  const bytes = withHeadroom(payload, payloadAt);
  bytes.set(entry.subarray(0, payloadAt));
  bytes[1] = format;
  return bytes;
}
