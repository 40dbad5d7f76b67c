import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../src/base/clock.ts';
import { memcachedProtocol } from '../../../../src/backends/memcached/raw-protocol.ts';
import { ForeignBytes, RawAnswer, type RawProtocol } from '../../../../src/backends/raw-protocol.ts';
import { ReadBuffer } from '../../../../src/backends/read-buffer.ts';
import { parseRedisUrl } from '../../../../src/backends/redis/address.ts';
import { redisProtocol } from '../../../../src/backends/redis/raw-protocol.ts';
import { RequestBuffer } from '../../../../src/backends/request-buffer.ts';

const KEYS = { lead: 'a:k:', counterLead: 'a:n:k:', digits: 10, ttlMs: 90_000 };
const redis = redisProtocol(parseRedisUrl('redis://user:secret@h:1/3'), KEYS);
const memcached = memcachedProtocol('h:1', KEYS, new ManualClock());

/** One answer as a server gives it, and what should be read from it. */
interface Sample {
  readonly keys: number;
  readonly wire: Buffer;
  readonly read: string;
}

const text = (wire: string, read: string, keys = 1): Sample => ({ keys, wire: Buffer.from(wire), read });

/** Values are told by their place and their bytes. */
function told(bytes: Buffer, answer: RawAnswer): string {
  if (answer.kind === 'number') return `number ${answer.number}`;
  if (answer.kind !== 'values') return answer.kind === 'error' ? `error ${answer.text}` : 'done';
  const values = Array.from(
    { length: answer.count },
    (_, i) => `${answer.of[i]}=${bytes.toString('hex', answer.starts[i], answer.ends[i])}`,
  );
  return `values ${values.join(' ')}`;
}

/** Reads a stream that arrives in the given pieces, all in the same memory as a socket's reads do. */
function readAll(protocol: RawProtocol, samples: readonly Sample[], cuts: readonly number[]): string[] {
  const wire = Buffer.concat(samples.map((sample) => sample.wire));
  const unread = new ReadBuffer();
  const socket = Buffer.alloc(wire.length + 1);
  const answer = new RawAnswer();
  const read: string[] = [];
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b), wire.length]) {
    socket.fill(0);
    wire.copy(socket, 0, from, to);
    unread.push(socket, to - from, (bytes, length) => {
      let at = 0;
      while (at < length) {
        const end = protocol.read(bytes, at, length, samples[read.length]?.keys ?? 1, answer);
        if (end < 0) break;
        read.push(told(bytes, answer));
        at = end;
      }
      return at;
    });
    from = to;
  }
  return read;
}

const anyValue = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
const hex = (value: Buffer): string => value.toString('hex');
const optional = fc.option(anyValue, { nil: undefined });

function valuesSample(
  values: readonly (Buffer | undefined)[],
  head: string,
  one: (value: Buffer | undefined) => Buffer,
): Sample {
  const found = values.flatMap((value, i) => (value === undefined ? [] : [`${i}=${hex(value)}`]));
  return {
    keys: values.length,
    wire: Buffer.concat([Buffer.from(head), ...values.map(one)]),
    read: `values ${found.join(' ')}`,
  };
}

const bulk = (value: Buffer | undefined): Buffer =>
  value === undefined
    ? Buffer.from('$-1\r\n')
    : Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n')]);
const redisSample: fc.Arbitrary<Sample> = fc.oneof(
  optional.map((value) => valuesSample([value], '', bulk)),
  fc.array(optional, { maxLength: 5 }).map((values) => valuesSample(values, `*${values.length}\r\n`, bulk)),
  fc.maxSafeInteger().map((number) => text(`:${number}\r\n`, `number ${number}`)),
  fc.constantFrom(text('+OK\r\n', 'done'), text('-ERR no\r\n', 'error ERR no')),
);

const item = (value: Buffer | undefined): Buffer =>
  value === undefined
    ? Buffer.from('EN\r\n')
    : Buffer.concat([Buffer.from(`VA ${value.length}\r\n`), value, Buffer.from('\r\n')]);
const memcachedSample: fc.Arbitrary<Sample> = fc.oneof(
  fc.array(optional, { minLength: 1, maxLength: 5 }).map((values) => valuesSample(values, '', item)),
  fc.nat().map((number) => text(`VA ${`${number}`.length} O1\r\n${number}\r\n`, `number ${number}`)),
  fc.constantFrom(
    text('HD\r\n', 'done'),
    text('NF\r\n', 'done'),
    text('SERVER_ERROR out of memory\r\n', 'error SERVER_ERROR out of memory'),
  ),
);

describe.each<readonly [string, RawProtocol, fc.Arbitrary<Sample>]>([
  ['redis', redis, redisSample],
  ['memcached', memcached, memcachedSample],
])('answers of %s', (_product, protocol, sample) => {
  test('are read the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 8 }), fc.array(fc.nat()), (samples, cuts) => {
        expect(readAll(protocol, samples, cuts)).toEqual(samples.map(({ read }) => read));
      }),
    );
  });
});

test.each([
  ['redis', redis, 'HTTP/1.1 400 Bad Request\r\n'],
  ['redis', redis, '$x\r\n'],
  ['redis', redis, '$-2\r\n'],
  ['redis', redis, '$2\r\nabc\r\n'],
  ['redis', redis, '*2\r\n:1\r\n:2\r\n'],
  ['redis', redis, ':\r\n'],
  ['memcached', memcached, 'HTTP/1.1 400 Bad Request\r\n'],
  ['memcached', memcached, 'VA x\r\n'],
  ['memcached', memcached, 'VA 2\r\nabc\r\n'],
  ['memcached', memcached, '-ERR unknown command\r\n'],
])('%s: bytes of something else are refused: %#', (_product, protocol, wire) => {
  const read = (): unknown => readAll(protocol, [text(wire, '')], []);
  expect(read).toThrow(ForeignBytes);
});

test('an error among the answers of a multi-get is an error, after the last of them', () => {
  const sample = text('VA 1\r\nx\r\nSERVER_ERROR busy\r\nEN\r\n', 'error SERVER_ERROR busy', 3);
  expect(readAll(memcached, [sample, text('HD\r\n', 'done')], [5, 20])).toEqual([sample.read, 'done']);
});

describe('requests', () => {
  const written = (write: (out: RequestBuffer) => void): string => {
    const out = new RequestBuffer();
    write(out);
    return out.taken().toString('latin1').replaceAll('\r\n', '|');
  };
  const value = Buffer.from('v'.repeat(12));

  test('of redis', () => {
    expect(written((out) => redis.get(out, 42))).toBe('*2|$3|GET|$14|a:k:0000000042|');
    expect(written((out) => redis.getMany(out, [1, 4_294_967_295]))).toBe(
      '*3|$4|MGET|$14|a:k:0000000001|$14|a:k:4294967295|',
    );
    expect(written((out) => redis.set(out, 7, value))).toBe(
      '*5|$3|SET|$14|a:k:0000000007|$12|vvvvvvvvvvvv|$2|PX|$5|90000|',
    );
    expect(written((out) => redis.delete(out, 7))).toBe('*2|$6|UNLINK|$14|a:k:0000000007|');
    expect(written((out) => redis.touch(out, 7))).toBe('*3|$7|PEXPIRE|$14|a:k:0000000007|$5|90000|');
    expect(written((out) => redis.increment(out, 7))).toBe('*2|$4|INCR|$16|a:n:k:0000000007|');
    expect(redis.greeting.bytes.toString().replaceAll('\r\n', '|')).toBe(
      '*3|$4|AUTH|$4|user|$6|secret|*2|$6|SELECT|$1|3|*1|$4|PING|',
    );
  });

  test('of memcached', () => {
    expect(written((out) => memcached.get(out, 42))).toBe('mg a:k:0000000042 v|');
    expect(written((out) => memcached.getMany(out, [1, 2]))).toBe('mg a:k:0000000001 v|mg a:k:0000000002 v|');
    expect(written((out) => memcached.set(out, 7, value))).toBe('ms a:k:0000000007 12 T90|vvvvvvvvvvvv|');
    expect(written((out) => memcached.delete(out, 7))).toBe('md a:k:0000000007|');
    expect(written((out) => memcached.touch(out, 7))).toBe('mg a:k:0000000007 T90|');
    expect(written((out) => memcached.increment(out, 7))).toBe('ma a:n:k:0000000007 N90 J1 v O1|');
  });

  test('a buffer grows, and what was taken from a renewed one stays as it was', () => {
    const out = new RequestBuffer();
    const large = Buffer.alloc(10_000, 'x');
    out.addNumber(123, 5);
    out.add(large);
    expect(out.taken().equals(Buffer.concat([Buffer.from('00123'), large]))).toBe(true);
    const taken = out.taken();
    out.renew();
    out.add(Buffer.from('yyyyyyyyyyyyyyyyyyyy'));
    expect(taken.toString('latin1', 0, 6)).toBe('00123x');
    out.clear();
    expect(out.length).toBe(0);
  });
});
