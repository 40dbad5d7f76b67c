import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCachectlError } from '../../../src/base/errors.ts';
import { type Codec, jsonCodec, messagePackCodec } from '../../../src/engine/codec.ts';
import { EntryFormat } from '../../../src/engine/entry.ts';
import { type EntryMeta, NO_META } from '../../../src/engine/entry-meta.ts';

const hexDigits = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 16, maxLength: 16 })
  .map((digits) => digits.join(''));
const tag = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
const ledgerPart = fc.oneof(
  fc.constant({ incarnation: '', epoch: 0 }),
  fc.record({ incarnation: hexDigits, epoch: fc.maxSafeNat() }),
);
const metaArbitrary: fc.Arbitrary<EntryMeta> = fc
  .tuple(fc.maxSafeNat(), fc.maxSafeNat(), ledgerPart, fc.array(tag, { maxLength: 5 }))
  .map(([graceMs, loadMs, ledger, tags]) => ({ graceMs, loadMs, ...ledger, tags }));

const LEDGER_META: EntryMeta = {
  graceMs: 30_000,
  loadMs: 87,
  incarnation: '00ff10203040abcd',
  epoch: 4711,
  tags: [],
};

function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

async function reopened(format: EntryFormat, entry: Uint8Array): Promise<unknown> {
  return format.decode(format.isPacked(entry) ? await format.unpack(entry) : entry);
}

describe('what goes in comes out', () => {
  test.each([jsonCodec, messagePackCodec])('$name: value and metadata, packed or not', async (codec) => {
    const format = new EntryFormat(codec, 100);
    const reader = new EntryFormat(codec, undefined);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), metaArbitrary, async (value, meta) => {
        // msgpackr renames this one key, so that no decoded object can change a prototype.
        fc.pre(codec !== messagePackCodec || !JSON.stringify(value).includes('__proto__'));
        const entry = format.encode(value, meta);
        expect(reader.decode(entry)).toEqual(asStored(value));
        const packed = await format.pack(entry);
        for (const stored of [entry, packed, new Uint8Array(packed)]) {
          expect(reader.meta(stored)).toEqual(meta);
          expect(await reopened(reader, stored)).toEqual(asStored(value));
        }
      }),
    );
  });

  test('bytes stay bytes, small or large', async () => {
    const format = new EntryFormat(jsonCodec, 1);
    for (const size of [0, 1, 20_000, 200_000]) {
      const bytes = Buffer.alloc(size, 'ab');
      const packed = await format.pack(format.encode(bytes, { ...LEDGER_META, tags: ['a'] }));
      expect(format.isPacked(packed)).toBe(size > 1);
      const value = (await reopened(format, packed)) as Uint8Array;
      expect(Buffer.compare(Buffer.from(value), bytes)).toBe(0);
      expect(format.meta(packed).tags).toEqual(['a']);
    }
  });

  test('times are rounded up, so that nothing seems to take no time or to live too long', () => {
    const format = new EntryFormat(jsonCodec, undefined);
    expect(format.meta(format.encode(1, { ...NO_META, graceMs: 10.2, loadMs: 0.01 }))).toEqual({
      ...NO_META,
      graceMs: 11,
      loadMs: 1,
    });
  });

  test('the payload is what decides about packing, not the metadata', () => {
    const format = new EntryFormat(jsonCodec, 10);
    const tags = ['a tag that is much longer than ten bytes'];
    expect(format.wantsPacking(format.encode('1234567', { ...LEDGER_META, tags }))).toBe(false);
    expect(format.wantsPacking(format.encode('12345678', { ...LEDGER_META, tags }))).toBe(true);
  });
});

describe('cost', () => {
  test('metadata without tags takes 4 bytes, with a ledger 14 to 18', () => {
    const format = new EntryFormat(jsonCodec, undefined);
    const size = (meta: EntryMeta): number => format.encode(1, meta).length - 1;
    expect(size(NO_META)).toBe(4);
    expect(size({ ...LEDGER_META, graceMs: 0, epoch: 100 })).toBe(13);
    expect(size(LEDGER_META)).toBe(16);
    expect(size({ ...NO_META, tags: ['ab', 'c'] })).toBe(4 + 1 + 3 + 2);
  });

  test('the codec writes into the entry itself', () => {
    let written: Uint8Array | undefined;
    const codec: Codec = {
      ...jsonCodec,
      encode: (value, headroom) => (written = jsonCodec.encode(value, headroom)),
    };
    expect(new EntryFormat(codec, undefined).encode({ a: 1 }, LEDGER_META)).toBe(written);
  });

  test('entries of one incarnation share its text, entries without tags one list', () => {
    const format = new EntryFormat(jsonCodec, undefined);
    const seen = [
      '00ff10203040abcd',
      '00ff10203040abcd',
      '00ff10203040abce',
      '01ff10203040abce',
      '00ff10203040abcd',
    ];
    const entries = seen.map((incarnation) => format.encode(1, { ...LEDGER_META, incarnation }));
    const reader = new EntryFormat(jsonCodec, undefined);
    const metas = entries.map((entry) => reader.meta(entry));
    expect(metas.map(({ incarnation }) => incarnation)).toEqual(seen);
    expect(metas[0]?.tags).toBe(metas[2]?.tags);
  });

  test('an incarnation of zeros is told from none', () => {
    const meta = { ...LEDGER_META, incarnation: '0000000000000000' };
    const entry = new EntryFormat(jsonCodec, undefined).encode(1, meta);
    expect(new EntryFormat(jsonCodec, undefined).meta(entry)).toEqual(meta);
  });
});

test.each<[string, Partial<EntryMeta>]>([
  ['graceMs', { graceMs: -1 }],
  ['graceMs', { graceMs: Infinity }],
  ['loadMs', { loadMs: Number.NaN }],
  ['epoch', { incarnation: '0123456789abcdef', epoch: 2 ** 53 }],
  ['incarnation', { incarnation: '0123456789ABCDEF' }],
  ['incarnation', { incarnation: '0123' }],
  ['tag', { tags: [''] }],
  ['tag', { tags: ['a', '\ud800'] }],
])('%s: %j cannot be kept', (what, part) => {
  const format = new EntryFormat(jsonCodec, undefined);
  const encode = (): Uint8Array => format.encode(1, { ...NO_META, ...part });
  expect(encode).toThrow(what);
  expect(encode).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }));
});

describe('any other bytes are CORRUPT_ENTRY, never a crash', () => {
  const corrupt = (error: unknown): boolean => isCachectlError(error, 'CORRUPT_ENTRY');

  async function opensOrIsCorrupt(format: EntryFormat, bytes: Uint8Array): Promise<void> {
    const attempts = [() => format.meta(bytes), () => reopened(format, bytes), () => format.unpack(bytes)];
    for (const attempt of attempts) {
      try {
        await attempt();
      } catch (error) {
        expect(error).toSatisfy(corrupt);
      }
    }
  }

  test.each([jsonCodec, messagePackCodec])('$name: random bytes', async (codec) => {
    const format = new EntryFormat(codec, undefined);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.option(fc.nat(255)), async (bytes, mark) => {
        if (mark !== null) bytes.set([0xcb, mark].slice(0, bytes.length));
        await opensOrIsCorrupt(format, bytes);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([jsonCodec, messagePackCodec])('$name: flipped bits and truncations', async (codec) => {
    const format = new EntryFormat(codec, undefined);
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue(),
        metaArbitrary,
        fc.nat(),
        fc.boolean(),
        async (value, meta, at, pack) => {
          const plain = format.encode(value, meta);
          const entry = pack ? await format.pack(plain) : plain;
          const flipped = new Uint8Array(entry);
          const bit = at % (entry.length * 8);
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          await opensOrIsCorrupt(format, flipped);
          await opensOrIsCorrupt(format, entry.subarray(0, at % entry.length));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('metadata that is cut off is noticed, at each length', () => {
    const format = new EntryFormat(jsonCodec, undefined);
    const meta = { ...LEDGER_META, tags: ['customer:42', 'ä'] };
    const entry = format.encode(Buffer.alloc(0), meta);
    for (let length = 0; length < entry.length; length++) {
      const cut = entry.subarray(0, length);
      expect(() => format.meta(cut)).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }));
      expect(() => format.decode(cut)).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }));
    }
  });

  const bytesEntry = (...bytes: readonly number[]): Uint8Array => new Uint8Array([0xcb, ...bytes]);
  test.each([
    ['a bit that is not known', bytesEntry(0x40, 0, 0)],
    ['a number longer than it need be', bytesEntry(0, 0x80, 0, 0)],
    ['a number without end', bytesEntry(0, ...Array<number>(20).fill(0xff))],
    ['a number beyond 2^53 - 1', bytesEntry(0, ...Array<number>(7).fill(0xff), 0x1f, 0)],
    ['tags that are none', bytesEntry(0x20, 0, 0, 0)],
    ['an empty tag', bytesEntry(0x20, 0, 0, 1, 0)],
    ['a tag over the end of the tags', bytesEntry(0x20, 0, 0, 2, 2, 65, 65)],
    ['tags over the end of the entry', bytesEntry(0x20, 0, 0, 3, 1, 65)],
    ['a tag that is not UTF-8', bytesEntry(0x20, 0, 0, 2, 1, 0x80)],
  ])('%s', (_, entry) => {
    const format = new EntryFormat(jsonCodec, undefined);
    expect(() => format.meta(entry)).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }));
  });

  test('the replacement character itself is a fine tag', () => {
    const format = new EntryFormat(jsonCodec, undefined);
    expect(format.meta(format.encode(1, { ...NO_META, tags: ['\ufffd'] })).tags).toEqual(['\ufffd']);
  });

  test('entries of another codec, of the old format, signed or still packed ones are told apart', async () => {
    const format = new EntryFormat(jsonCodec, 1);
    const other = new EntryFormat(messagePackCodec, undefined).encode({ a: 1 });
    expect(() => format.decode(other)).toThrow('its format is 2, not json (1)');
    expect(() => format.decode(Buffer.from('\u00ca\u0001{}', 'latin1'))).toThrow(
      'not written by this engine',
    );
    expect(() => format.decode(Buffer.from([0xcc, 1, 2, 3]))).toThrow('it is signed');
    const packed = await format.pack(format.encode('x'.repeat(100)));
    expect(() => format.decode(packed)).toThrow('it is packed');
  });
});
