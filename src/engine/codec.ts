import { Packr } from 'msgpackr';

/** Turns values into bytes and back. `id` is stored with each entry: two codecs must not share one. */
export interface Codec {
  /** 1 to 15; 0 means plain bytes. 1 is JSON, 2 MessagePack; own codecs take 8 to 15. */
  readonly id: number;
  readonly name: string;
  /** Bytes of the value behind `headroom` bytes that the caller fills in. */
  encode(value: unknown, headroom: number): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** JSON: what JSON.stringify keeps, readable by everything. */
export const jsonCodec: Codec = {
  id: 1,
  name: 'json',
  encode(value, headroom) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`JSON cannot hold a ${typeof value}`);
    const length = Buffer.byteLength(text, 'utf8');
    const bytes = Buffer.allocUnsafe(headroom + length);
    bytes.write(text, headroom, 'utf8');
    return bytes;
  },
  decode: (bytes) => JSON.parse(asBuffer(bytes).toString('utf8')) as unknown,
};

// Data only: no records with shared structures across entries, no class instances revived.
const packr = new Packr({ useRecords: false, moreTypes: false });

/**
 * MessagePack: smaller and typed (dates, bytes, bigint), through msgpackr; data only. A key named `__proto__`
 * comes back as `__proto_`, so that no stored value can change a prototype.
 */
export const messagePackCodec: Codec = {
  id: 2,
  name: 'msgpack',
  encode(value, headroom) {
    const packed = packr.pack(value);
    const bytes = Buffer.allocUnsafe(headroom + packed.length);
    packed.copy(bytes, headroom);
    return bytes;
  },
  decode: (bytes) => packr.unpack(asBuffer(bytes)) as unknown,
};

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
