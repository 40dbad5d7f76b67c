import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceFormatName } from '../../../../src/workload/traces/formats.ts';
import { decode, FILE, oracleRecords } from '../../../support/trace-text.ts';

const word = fc.stringMatching(/^[a-zA-Z0-9:é€😀_-]{1,12}$/u);
const number = fc.nat({ max: 100_000 });
const nonsense = fc.constantFrom(
  '',
  '\r',
  'x',
  ',,,,,,',
  '1,2,3',
  '"get" "k"',
  '5.5 [0 x] "get',
  'OK',
  'key,op,size',
);
const end = fc.constantFrom('\n', '\r\n');

const monitorArgument = fc
  .array(
    fc.constantFrom(
      'a',
      'Z',
      ' ',
      ']',
      String.raw`\"`,
      '\\\\',
      String.raw`\n`,
      String.raw`\xff`,
      String.raw`\x00`,
    ),
  )
  .map((parts) => `"${parts.join('')}"`);

/** Texts of traces in which some lines are wrong. */
const TEXTS: Readonly<Record<Exclude<TraceFormatName, 'oracle-general'>, fc.Arbitrary<string>>> = {
  twitter: lines(
    fc
      .tuple(number, word, number, number, word, fc.constantFrom('get', 'set', 'cas', 'nop'), number)
      .map((fields) => fields.join(',')),
  ),
  meta: lines(
    fc
      .tuple(
        word,
        fc.constantFrom('GET', 'SET_LEASE', 'NOP'),
        number,
        fc.oneof({ arbitrary: fc.nat({ max: 4 }), weight: 150 }, fc.constant(4100)),
        number,
      )
      .map((fields) => fields.join(',')),
  ).map((text) => `key,op,size,op_count,ttl\n${text}`),
  'redis-monitor': lines(
    fc
      .tuple(
        number,
        fc.constantFrom('get', 'SET', 'mget', 'del', 'ping'),
        fc.array(monitorArgument, { maxLength: 4 }),
      )
      .map(([seconds, name, args]) =>
        `${seconds}.000017 [0 127.0.0.1:1] "${name}" ${args.join(' ')}`.trimEnd(),
      ),
  ),
  keys: lines(word),
};

function lines(line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(fc.oneof({ arbitrary: line, weight: 5 }, nonsense), end), { maxLength: 12 })
    .chain((parts) => {
      const text = parts.map((pair) => pair.join('')).join('');
      return fc.constantFrom(text, text.replace(/\r?\n$/, ''));
    });
}

const BYTES: Readonly<Record<TraceFormatName, fc.Arbitrary<Buffer>>> = {
  ...(Object.fromEntries(
    Object.entries(TEXTS).map(([name, text]) => [name, text.map((written) => Buffer.from(written))]),
  ) as unknown as Record<Exclude<TraceFormatName, 'oracle-general'>, fc.Arbitrary<Buffer>>),
  'oracle-general': fc
    .tuple(
      fc.array(
        fc.record({ seconds: number, object: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), size: number }),
        { maxLength: 8 },
      ),
      fc.nat({ max: 23 }),
    )
    .map(([records, rest]) => Buffer.concat([oracleRecords(records), Buffer.alloc(rest)])),
};

/** What has to be the same, however the bytes are cut. */
function outcome(format: TraceFormatName, chunks: readonly Uint8Array[]): object {
  const { records, joined, tally } = decode(format, chunks);
  const { malformed, problems, unsupported, line } = tally;
  return { records, joined, malformed, problems, unsupported: [...unsupported], line };
}

describe.each(Object.entries(BYTES) as [TraceFormatName, fc.Arbitrary<Buffer>][])('%s', (format, bytes) => {
  test('gives the same for every place to cut the bytes in two', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const expected = outcome(format, [whole]);
        const step = Math.ceil(whole.length / 40);
        for (let cut = 0; cut <= whole.length; cut += Math.max(1, step)) {
          expect(outcome(format, [whole.subarray(0, cut), whole.subarray(cut)])).toEqual(expected);
        }
      }),
      { numRuns: 10 },
    );
  });

  test('gives the same byte by byte, and for any cuts', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 0, max: 60 })), (whole, sizes) => {
        const expected = outcome(format, [whole]);
        expect(
          outcome(
            format,
            Array.from(whole, (byte) => Uint8Array.of(byte)),
          ),
        ).toEqual(expected);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) chunks.push(whole.subarray(at, (at += size)));
        expect(outcome(format, [...chunks, whole.subarray(at)])).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test('every line that is not empty is a record, malformed or unsupported', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const { tally, records } = decode(format, [whole]);
        expect(tally.records).toBe(records.length);
        if (format !== 'twitter' && format !== 'keys') return;
        const written = whole
          .toString()
          .split('\n')
          .filter((line) => line !== '' && line !== '\r');
        const skipped = [...tally.unsupported.values()].reduce((sum, count) => sum + count, 0);
        expect(records.length + tally.malformed + skipped).toBe(written.length);
      }),
    );
  });
});

describe('malformed records', () => {
  test.each([
    [
      'twitter',
      '1,k,1,1,1,get',
      '6 fields, expected 7: timestamp,key,key size,value size,client,operation,TTL',
    ],
    ['twitter', 'x,k,1,1,1,get,0', 'timestamp is "x", expected whole seconds'],
    ['twitter', '-1,k,1,1,1,get,0', 'timestamp is "-1", expected whole seconds'],
    ['twitter', '1,,1,1,1,get,0', 'the key is empty'],
    ['twitter', '1,k,a,1,1,get,0', 'key size is "a", expected a number of bytes'],
    ['twitter', '1,k,1,1.5,1,get,0', 'value size is "1.5", expected a number of bytes'],
    ['twitter', '1,k,1,1,1,get,soon', 'TTL is "soon", expected whole seconds'],
    [
      'redis-monitor',
      'hello',
      `the line is "hello", expected one as 1339518083.107412 [0 127.0.0.1:60866] "get" "key"`,
    ],
    [
      'redis-monitor',
      '1.000000 [0 x] get k',
      'an argument is not in quotes, or its quotes or escapes are not complete',
    ],
    [
      'redis-monitor',
      String.raw`1.000000 [0 x] "get" "k\xg0"`,
      'an argument is not in quotes, or its quotes or escapes are not complete',
    ],
    ['redis-monitor', '1.000000 [0 x] "set" "k"', `arguments of 'set' are missing`],
    ['redis-monitor', '1.000000 [0 x] "set" "k" "v" "EX" "-1"', 'the TTL is no number, expected a whole one'],
  ] as const)('%s: %s', (format, line, message) => {
    const { tally, records } = decode(format, [`${line}\n`]);
    expect(records).toEqual([]);
    expect(tally.problems).toEqual([{ file: FILE, line: 1, message }]);
  });

  test('fields of meta', () => {
    const text =
      'key,op,size,op_count,key_size,op_time,ttl\n,GET,1,1,1,1,1\nk,GET,x,1,1,1,1\nk,GET,1,0,1,1,1\nk,GET\n';
    expect(decode('meta', [text]).tally.problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '2: the key is empty',
      '3: size is "x", expected a number of bytes',
      '4: op_count is "0", expected 1 or more',
      '5: 2 fields, expected 7, as in the header',
    ]);
  });

  test('are left out up to the limit; one more is an error that ends a process with 2', () => {
    const text = `1,k,1,1,1,get,0\n${'bad\n'.repeat(3)}2,k,1,1,1,get,0\n`;
    const { records, tally } = decode('twitter', [text], 3);
    expect(records).toHaveLength(2);
    expect(tally).toMatchObject({ records: 2, malformed: 3, line: 5 });
    expect(() => decode('twitter', [text], 2)).toThrow(
      expect.objectContaining({
        code: 'BAD_TRACE',
        exitCode: 2,
        message: expect.stringMatching(
          /^some\.trace:4: 1 fields, expected 7: .* \(2 malformed records before it\)$/,
        ),
        problems: [2, 3, 4].map((line) => expect.objectContaining({ line })),
      }),
    );
  });

  test('a long field is cut in the message, and control characters are escaped', () => {
    const { tally } = decode('twitter', [`1,k,${'\u001b[2J'.repeat(50)},1,1,get,0\n`]);
    expect(tally.problems[0]?.message).toMatch(
      /^key size is "\\u001b\[2J.{0,100}…, expected a number of bytes$/,
    );
  });

  test('bytes without an end are no trace', () => {
    const chunk = Buffer.alloc(24 * 1024 * 1024, 'x');
    expect(() => decode('keys', [chunk, chunk, chunk, chunk])).toThrow(
      expect.objectContaining({
        code: 'BAD_TRACE',
        message: expect.stringMatching(/^some\.trace:1: no end in \d+ bytes/),
      }),
    );
  });

  test('unsupported words are counted by name, a hundred of them apart', () => {
    const text = Array.from({ length: 150 }, (_, i) => `1,k,1,1,1,op${i},0\n`).join('');
    const { tally } = decode('twitter', [text, text]);
    expect(tally.malformed).toBe(0);
    expect(tally.unsupported.get('op99')).toBe(2);
    expect(tally.unsupported.get('others')).toBe(100);
  });
});
