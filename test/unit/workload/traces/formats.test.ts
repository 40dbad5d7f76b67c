import { describe, expect, test } from 'vitest';
import { decode, oracleRecords } from '../../../support/trace-text.ts';

const NONE = { valueBytes: undefined, keyBytes: undefined, ttlSeconds: undefined, client: undefined };

describe('twitter', () => {
  test('reads every field; times are from the first record on', () => {
    const { records } = decode('twitter', [
      '100,nz:u:eeW511W3,11,0,7,get,0\n102,key,3,128,c9,set,3600\r\n103,key,3,,,delete,',
    ]);
    expect(records).toEqual([
      {
        timeMs: 0,
        key: 'nz:u:eeW511W3',
        operation: 'get',
        keyBytes: 11,
        valueBytes: 0,
        ttlSeconds: undefined,
        client: '7',
      },
      {
        timeMs: 2000,
        key: 'key',
        operation: 'set',
        keyBytes: 3,
        valueBytes: 128,
        ttlSeconds: 3600,
        client: 'c9',
      },
      { ...NONE, timeMs: 3000, key: 'key', operation: 'delete', keyBytes: 3 },
    ]);
  });

  test.each([
    ['get', 'get'],
    ['gets', 'get'],
    ['set', 'set'],
    ['add', 'set'],
    ['replace', 'set'],
    ['cas', 'set'],
    ['append', 'set'],
    ['prepend', 'set'],
    ['delete', 'delete'],
    ['incr', 'incr'],
    ['decr', 'incr'],
  ])('%s is a %s', (word, operation) => {
    expect(decode('twitter', [`1,k,1,1,1,${word},0\n`]).records).toEqual([
      expect.objectContaining({ operation }),
    ]);
  });

  test('commas too many are of the key', () => {
    const { records } = decode('twitter', ['1,a,b,,c,d,e,f,g,h,i,3,4,5,get,0\n']);
    expect(records).toEqual([
      expect.objectContaining({ key: 'a,b,,c,d,e,f,g,h,i', keyBytes: 3, valueBytes: 4 }),
    ]);
  });
});

describe('meta', () => {
  test('columns are where the header says; op_count repeats', () => {
    const { records, tally } = decode('meta', [
      'op_time,key,key_size,op,op_count,size,cache_hits,ttl\n',
      '564726470,7,16,GET,3,0,1,\n564726471,20,8,SET_LEASE,1,100,0,3600\n',
    ]);
    const get = { ...NONE, timeMs: 0, key: '7', operation: 'get', keyBytes: 16, valueBytes: 0 };
    expect(records).toEqual([
      get,
      get,
      get,
      { ...NONE, timeMs: 1000, key: '20', operation: 'set', keyBytes: 8, valueBytes: 100, ttlSeconds: 3600 },
    ]);
    expect(tally).toMatchObject({ records: 4, line: 3, malformed: 0 });
  });

  test('needs no more than key, op and size', () => {
    const { records } = decode('meta', ['key,op,size\nk,GET_LEASE,5\nk,DELETE,0\n']);
    expect(records).toEqual([
      { ...NONE, timeMs: undefined, key: 'k', operation: 'get', valueBytes: 5 },
      { ...NONE, timeMs: undefined, key: 'k', operation: 'delete', valueBytes: 0 },
    ]);
  });

  test('a request that comes 10,000 times in a row is more than one batch', () => {
    const { records } = decode('meta', ['key,op,size,op_count\na,GET,1,10000\nb,GET,1,2\n']);
    expect(records.map(({ key }) => key)).toEqual([...Array.from({ length: 10_000 }, () => 'a'), 'b', 'b']);
  });

  test('lines before a header are malformed', () => {
    const { tally, records } = decode('meta', ['key,op,volume\nkey,op,size\nk,GET,5\n']);
    expect(records).toHaveLength(1);
    expect(tally.problems).toEqual([
      expect.objectContaining({ line: 1, message: 'no column size in the header "key,op,volume"' }),
    ]);
  });
});

describe('oracle-general', () => {
  test('objects are numbers of 64 bits, times are unsigned', () => {
    const bytes = oracleRecords([
      { seconds: 4_000_000_000, object: 2n ** 64n - 1n, size: 2 ** 32 - 1 },
      { seconds: 4_000_000_009, object: 2n ** 53n + 1n, size: 0 },
    ]);
    expect(decode('oracle-general', [bytes]).records).toEqual([
      { ...NONE, timeMs: 0, key: '18446744073709551615', operation: 'get', valueBytes: 2 ** 32 - 1 },
      { ...NONE, timeMs: 9000, key: '9007199254740993', operation: 'get', valueBytes: 0 },
    ]);
  });

  test('the last record must not be cut', () => {
    const bytes = oracleRecords([{ seconds: 1, object: 1n, size: 1 }]);
    const { records, tally } = decode('oracle-general', [bytes, bytes.subarray(0, 5)]);
    expect(records).toHaveLength(1);
    expect(tally.problems).toEqual([
      expect.objectContaining({ line: 2, message: 'the last record ends after 5 bytes' }),
    ]);
  });
});

describe('redis-monitor', () => {
  const at = (command: string): string => `1339518083.107412 [0 127.0.0.1:60866] ${command}\n`;
  const read = (command: string): readonly object[] => {
    const { records, joined } = decode('redis-monitor', [at(command)]);
    return records.map(({ key, operation, valueBytes, ttlSeconds }, i) => {
      return { key, operation, valueBytes, ttlSeconds, joined: joined[i] };
    });
  };
  const one = { valueBytes: undefined, ttlSeconds: undefined, joined: 0 };

  test.each([
    ['"GET" "k"', [{ ...one, key: 'k', operation: 'get' }]],
    ['"set" "k" "value"', [{ ...one, key: 'k', operation: 'set', valueBytes: 5 }]],
    [
      '"set" "k" "" "NX" "px" "1500"',
      [{ ...one, key: 'k', operation: 'set', valueBytes: 0, ttlSeconds: 1.5 }],
    ],
    ['"setex" "k" "60" "ab"', [{ ...one, key: 'k', operation: 'set', valueBytes: 2, ttlSeconds: 60 }]],
    ['"psetex" "k" "60" "ab"', [{ ...one, key: 'k', operation: 'set', valueBytes: 2, ttlSeconds: 0.06 }]],
    [
      '"mget" "a" "b"',
      [
        { ...one, key: 'a', operation: 'multi-get' },
        { ...one, key: 'b', operation: 'multi-get', joined: 1 },
      ],
    ],
    [
      '"mset" "a" "1" "b" "22"',
      [
        { ...one, key: 'a', operation: 'set', valueBytes: 1 },
        { ...one, key: 'b', operation: 'set', valueBytes: 2, joined: 1 },
      ],
    ],
    ['"unlink" "k"', [{ ...one, key: 'k', operation: 'delete' }]],
    ['"incrby" "k" "5"', [{ ...one, key: 'k', operation: 'incr' }]],
    ['"expire" "k" "5"', [{ ...one, key: 'k', operation: 'touch', ttlSeconds: 5 }]],
  ])('%s', (command, expected) => expect(read(command)).toEqual(expected));

  test('escapes are undone, in keys and in the sizes of values', () => {
    expect(read(String.raw`"set" "a\"b\\\n\x00\xc3\xA9" "\x00\x01\t"`)).toEqual([
      { ...one, key: 'a"b\\\n\0é', operation: 'set', valueBytes: 3 },
    ]);
  });

  test('times are in microseconds; the head has many forms', () => {
    const { records, tally } = decode('redis-monitor', [
      'OK\n+1.000000 [0 127.0.0.1:1] "get" "a"\n1.000250 [15 lua] "get" "b"\n',
      '2.5 [0 x:1] "get" "short"\n2.000000 [0 [::1]:6379] "get" "c"\n2.000001 [0 unix:/tmp/s] "get" "d"\n',
    ]);
    expect(records.map(({ timeMs, key, client }) => [timeMs, key, client])).toEqual([
      [0, 'a', '127.0.0.1:1'],
      [expect.closeTo(0.25), 'b', 'lua'],
      [1000, 'c', '[::1]:6379'],
      [expect.closeTo(1000.001), 'd', 'unix:/tmp/s'],
    ]);
    expect(tally.malformed).toBe(1);
  });

  test('other commands are counted by name', () => {
    const { records, tally } = decode('redis-monitor', [
      at('"HGET" "h" "f"'),
      at('"ping"'),
      at('"hget" "h" "g"'),
    ]);
    expect(records).toEqual([]);
    expect([...tally.unsupported]).toEqual([
      ['hget', 2],
      ['ping', 1],
    ]);
  });

  test('a command with more keys than a batch holds stays together', () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => `"${i}"`).join(' ');
    const { records, joined } = decode('redis-monitor', [at('"get" "first"'), at(`"mget" ${keys}`)]);
    expect(records).toHaveLength(10_001);
    expect(joined.filter((isJoined) => isJoined === 1)).toHaveLength(9999);
  });
});

test('keys: one a line, as it is; empty lines are none', () => {
  const { records } = decode('keys', ['12\r\n\n\r\na key\n12']);
  const at = { ...NONE, timeMs: undefined, operation: 'get' };
  expect(records).toEqual([
    { ...at, key: '12', keyBytes: 2 },
    { ...at, key: 'a key', keyBytes: 5 },
    { ...at, key: '12', keyBytes: 2 },
  ]);
});
