import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError, type Reply, ReplyParser } from '../../../../src/backends/memcached/reply.ts';

/** What the parser says when `bytes` come in pieces cut at `cuts`; the memory of each piece is overwritten after it. */
function parse(bytes: Buffer, cuts: readonly number[] = []): Reply[] {
  const replies: Reply[] = [];
  const parser = new ReplyParser((reply) => replies.push(reply));
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [i, end] of places.slice(1).entries()) {
    const piece = Buffer.from(bytes.subarray(places[i], end));
    parser.push(piece);
    piece.fill(0x21);
  }
  return replies;
}

const plain = (replies: readonly Reply[]): unknown[] =>
  replies.map(({ kind, value, ttlSeconds, cas, line }) => [
    kind,
    value?.toString('hex'),
    ttlSeconds,
    cas,
    line,
  ]);

const flagsIn = (line: string): unknown[] =>
  parse(Buffer.from(line)).map(({ kind, ttlSeconds, cas, clientFlags, size, turn }) => ({
    kind,
    ttlSeconds,
    cas,
    clientFlags,
    size,
    turn,
  }));

const wire = fc.oneof(
  fc
    .constantFrom('HD\r\n', 'EN\r\n', 'NF\r\n', 'NS\r\n', 'EX\r\n', 'MN\r\n', 'HD O12 b\r\n', 'NF q\r\n')
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom('END\r\n', 'STAT pid 1\r\n', 'SERVER_ERROR x\r\n', 'CLIENT_ERROR y z\r\n', 'ERROR\r\n')
    .map((text) => Buffer.from(text)),
  fc
    .tuple(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('', ' t-1', ' t59', ' b t7 c99', ' c18446744073709551615', ' f7 Z', ' c1 t30 f0 W'),
    )
    .map(([value, flags]) =>
      Buffer.concat([Buffer.from(`VA ${value.length}${flags}\r\n`), value, Buffer.from('\r\n')]),
    ),
);

describe('ReplyParser', () => {
  test('reads each kind', () => {
    expect(
      plain(
        parse(Buffer.from('VA 2 b t59 c12\r\n\r\n\r\nEN\r\nHD\r\nSTAT a b c\r\nEND\r\nSERVER_ERROR no\r\n')),
      ),
    ).toEqual([
      ['VA', '0d0a', 59, '12', ''],
      ['EN', undefined, undefined, undefined, ''],
      ['HD', undefined, undefined, undefined, ''],
      ['STAT', undefined, undefined, undefined, 'STAT a b c'],
      ['END', undefined, undefined, undefined, 'END'],
      ['SERVER_ERROR', undefined, undefined, undefined, 'SERVER_ERROR no'],
    ]);
  });

  test('reads every flag, in any order, and passes over others', () => {
    const none = { ttlSeconds: undefined, cas: undefined, clientFlags: 0, size: undefined, turn: undefined };
    expect(flagsIn('VA 0 c7 t-1 f4294967295 W\r\n\r\n')).toEqual([
      { ...none, kind: 'VA', cas: '7', ttlSeconds: -1, clientFlags: 2 ** 32 - 1, turn: 'won' },
    ]);
    expect(flagsIn('HD s12 ktfs kW Otz X Z c18446744073709551615\r\n')).toEqual([
      { ...none, kind: 'HD', size: 12, cas: '18446744073709551615', turn: 'lost' },
    ]);
    expect(flagsIn('VA 1 f9 t3\r\nx\r\nEN\r\n')).toEqual([
      { ...none, kind: 'VA', clientFlags: 9, ttlSeconds: 3 },
      { ...none, kind: 'EN' },
    ]);
  });

  test('cut in two at every byte, the replies are the same', () => {
    fc.assert(
      fc.property(fc.array(wire, { minLength: 1, maxLength: 6 }), (parts) => {
        const bytes = Buffer.concat(parts);
        const whole = plain(parse(bytes));
        expect(whole).toHaveLength(parts.length);
        for (let cut = 0; cut <= bytes.length; cut++) expect(plain(parse(bytes, [cut]))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test('cut anywhere, also into single bytes, the replies are the same', () => {
    fc.assert(
      fc.property(
        fc.array(wire, { minLength: 1, maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (parts, cuts) => {
          const bytes = Buffer.concat(parts);
          const whole = plain(parse(bytes));
          expect(
            plain(
              parse(
                bytes,
                cuts.map((cut) => cut % bytes.length),
              ),
            ),
          ).toEqual(whole);
          expect(plain(parse(bytes, Array.from(bytes.keys())))).toEqual(whole);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([
    '-ERR unknown command\r\n',
    'HTTP/1.1 400 Bad Request\r\n',
    'XX\r\n',
    '\r\n',
    'HD\n',
    'VA\r\n',
    'VA x\r\nx\r\n',
    'VA -1\r\n\r\n',
    'VA 1 t1\r\nabc\r\n',
    'VA 99999999999\r\n',
  ])('refuses %j', (text) => {
    expect(() => parse(Buffer.from(text))).toThrow(ProtocolError);
  });

  test('refuses a line without an end before it fills the memory', () => {
    expect(() => parse(Buffer.alloc(10_000, 'x'))).toThrow(ProtocolError);
  });
});
