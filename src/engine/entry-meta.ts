import { isUtf8 } from 'node:buffer';
import { CachectlError } from '../base/errors.ts';

/** What an entry says about itself besides its value. Times are kept in whole milliseconds, rounded up. */
export interface EntryMeta {
  /** How long the entry is kept beyond its logical expiry, in milliseconds; 0 when it is not. */
  readonly graceMs: number;
  /** How long loading the value took, in milliseconds, for early refresh; 0 when it was not loaded. */
  readonly loadMs: number;
  /** Incarnation of the ledger when the value began to be read: 16 hexadecimal digits, '' when there is no ledger. */
  readonly incarnation: string;
  /** The ledger's number when the value began to be read; not kept when there is no ledger. */
  readonly epoch: number;
  readonly tags: readonly string[];
}

const NO_TAGS: readonly string[] = [];

/** Of an entry that is not kept beyond its expiry, was not loaded, and has neither ledger nor tags. */
export const NO_META: EntryMeta = { graceMs: 0, loadMs: 0, incarnation: '', epoch: 0, tags: NO_TAGS };

/** First byte of a signed entry, which stands before that of the entry itself. */
export const SEALED_MAGIC = 0xcc;

/** Bytes before the metadata: the magic byte and the format byte. */
export const HEADER_BYTES = 2;
/** Bits of the format byte: the entry has an incarnation and an epoch; it has tags. */
const LEDGER = 0x10;
const TAGS = 0x20;
export const META_BITS: number = LEDGER | TAGS;

const INCARNATION_BYTES = 8;

/**
 * The metadata of entries, between their header and their payload:
 *
 *   grace, load    varints
 *   incarnation    8 bytes, and the epoch, a varint, when the format byte says so
 *   tags           their length in bytes, a varint; then each as length, a varint, and UTF-8; when the format byte says so
 *
 * Varints are LEB128, up to 2^53 - 1, as short as can be.
 */
export class EntryMetaFormat {
  /** The incarnation that was seen last, and its bytes as two integers: nearly always the next one too. */
  #incarnation = '';
  #high = 0;
  #low = 0;
  #at = 0;

  /** Bytes that {@link write} will need. @throws CachectlError `BAD_USAGE` when the metadata cannot be kept */
  sizeOf(meta: EntryMeta): number {
    let size = sizeOfTime(meta.graceMs, 'graceMs') + sizeOfTime(meta.loadMs, 'loadMs');
    if (meta.incarnation !== '') {
      this.#learn(meta.incarnation);
      size += INCARNATION_BYTES + sizeOfTime(meta.epoch, 'epoch');
    }
    if (meta.tags.length === 0) return size;
    const tags = sizeOfTags(meta.tags);
    return size + sizeOfVarint(tags) + tags;
  }

  /** Puts the metadata behind the header, and its bits into the format byte. `sizeOf` has been asked for the same. */
  write(meta: EntryMeta, entry: Uint8Array): void {
    this.#at = HEADER_BYTES;
    this.#writeVarint(entry, Math.ceil(meta.graceMs));
    this.#writeVarint(entry, Math.ceil(meta.loadMs));
    if (meta.incarnation !== '') {
      entry[1] = (entry[1] ?? 0) | LEDGER;
      this.#learn(meta.incarnation);
      this.#writeWord(entry, this.#high);
      this.#writeWord(entry, this.#low);
      this.#writeVarint(entry, meta.epoch);
    }
    if (meta.tags.length > 0) this.#writeTags(entry, meta.tags);
  }

  /** @throws CachectlError `CORRUPT_ENTRY` */
  read(entry: Uint8Array): EntryMeta {
    const format = entry[1] ?? 0;
    this.#at = HEADER_BYTES;
    const graceMs = this.#readVarint(entry);
    const loadMs = this.#readVarint(entry);
    const hasLedger = (format & LEDGER) !== 0;
    const incarnation = hasLedger ? this.#readIncarnation(entry) : '';
    const epoch = hasLedger ? this.#readVarint(entry) : 0;
    const tags = (format & TAGS) === 0 ? NO_TAGS : this.#readTags(entry);
    return { graceMs, loadMs, incarnation, epoch, tags };
  }

  /** Where what was {@link read} last ends, and the payload begins. */
  get end(): number {
    return this.#at;
  }

  /** Where the payload begins; what the tags say is not looked at. @throws CachectlError `CORRUPT_ENTRY` */
  payloadAt(entry: Uint8Array): number {
    const format = entry[1] ?? 0;
    this.#at = HEADER_BYTES;
    this.#readVarint(entry);
    this.#readVarint(entry);
    if ((format & LEDGER) !== 0) {
      this.#at += INCARNATION_BYTES;
      this.#readVarint(entry);
    }
    if ((format & TAGS) !== 0) {
      const length = this.#readVarint(entry);
      this.#at += length;
    }
    if (this.#at > entry.length) throw endsEarly();
    return this.#at;
  }

  #learn(incarnation: string): void {
    if (incarnation === this.#incarnation) return;
    if (!/^[0-9a-f]{16}$/.test(incarnation)) {
      throw new CachectlError(
        'BAD_USAGE',
        `incarnation ${JSON.stringify(incarnation)} is not 16 hexadecimal digits`,
      );
    }
    this.#high = parseInt(incarnation.slice(0, 8), 16) | 0;
    this.#low = parseInt(incarnation.slice(8), 16) | 0;
    this.#incarnation = incarnation;
  }

  #readIncarnation(entry: Uint8Array): string {
    if (this.#at + INCARNATION_BYTES > entry.length) throw endsEarly();
    const high = this.#readWord(entry);
    const low = this.#readWord(entry);
    if (high !== this.#high || low !== this.#low || this.#incarnation === '') {
      this.#high = high;
      this.#low = low;
      this.#incarnation = hex(high) + hex(low);
    }
    return this.#incarnation;
  }

  #readWord(entry: Uint8Array): number {
    const at = this.#at;
    this.#at = at + 4;
    const byte = (i: number): number => entry[at + i] ?? 0;
    return (byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3);
  }

  #writeWord(entry: Uint8Array, word: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) entry[this.#at++] = word >>> shift;
  }

  #readTags(entry: Uint8Array): readonly string[] {
    const length = this.#readVarint(entry);
    const end = this.#at + length;
    if (length === 0 || end > entry.length) throw corrupt('its tags are damaged');
    const bytes = asBuffer(entry);
    const tags: string[] = [];
    while (this.#at < end) {
      const size = this.#readVarint(entry);
      const start = this.#at;
      this.#at = start + size;
      if (size === 0 || this.#at > end) throw corrupt('its tags are damaged');
      tags.push(strictUtf8(bytes, start, this.#at));
    }
    return tags;
  }

  #writeTags(entry: Uint8Array, tags: readonly string[]): void {
    entry[1] = (entry[1] ?? 0) | TAGS;
    this.#writeVarint(entry, sizeOfTags(tags));
    const bytes = asBuffer(entry);
    for (const tag of tags) {
      this.#writeVarint(entry, Buffer.byteLength(tag, 'utf8'));
      this.#at += bytes.write(tag, this.#at, 'utf8');
    }
  }

  #readVarint(entry: Uint8Array): number {
    let value = 0;
    // The eighth byte counts 2^49, and 2^53 - 1 needs no ninth.
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = entry[this.#at++];
      if (byte === undefined) throw endsEarly();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if ((byte === 0 && scale > 1) || value > Number.MAX_SAFE_INTEGER) break;
      return value;
    }
    throw corrupt('a number in it is damaged');
  }

  #writeVarint(entry: Uint8Array, value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) entry[this.#at++] = (rest % 128) | 0x80;
    entry[this.#at++] = rest;
  }
}

export function corrupt(why: string, cause?: unknown): CachectlError {
  return new CachectlError('CORRUPT_ENTRY', `the stored entry cannot be used: ${why}`, { cause });
}

function endsEarly(): CachectlError {
  return corrupt('it ends too early');
}

function sizeOfTime(value: number, name: string): number {
  const whole = Math.ceil(value);
  if (whole >= 0 && whole <= Number.MAX_SAFE_INTEGER) return sizeOfVarint(whole);
  throw new CachectlError('BAD_USAGE', `${name} of an entry: ${value} is not from 0 to 2^53 - 1`);
}

function sizeOfTags(tags: readonly string[]): number {
  let size = 0;
  for (const tag of tags) {
    if (tag === '' || !tag.isWellFormed()) {
      throw new CachectlError('BAD_USAGE', `tag ${JSON.stringify(tag)} is empty or no valid text`);
    }
    const bytes = Buffer.byteLength(tag, 'utf8');
    size += sizeOfVarint(bytes) + bytes;
  }
  return size;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
}

function strictUtf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  // Decoding puts this character in place of what is not UTF-8; checking each tag for it beforehand costs more.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) throw corrupt('its tags are damaged');
  return text;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
