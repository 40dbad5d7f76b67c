import { assert, constantFrom, pre, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from '../../../src/base/redact.ts';

const LIKE_A_PORT = /^\d{1,5}[^@]*\s/;
const LIKE_ANOTHER_URL = /[\s"'][s3]*:\/\//;

describe('redact', () => {
  test.each([
    ['redis://user:secret@host:6379/0', 'redis://user:***@host:6379/0'],
    ['redis://:secret@host', 'redis://:***@host'],
    ['rediss://default:p@ss@host', 'rediss://default:***@host'],
    ['redis://u:pa/ss@host', 'redis://u:***@host'],
    ['redis://u:pa:ss?#@host', 'redis://u:***@host'],
    ['redis://u:12/34@host', 'redis://u:***@host'],
    ['redis://u:my pass word@host', 'redis://u:***@host'],
    ['redis://u:secret@[::1]:6379', 'redis://u:***@[::1]:6379'],
    ['postgres://name@corp:secret@host/db', 'postgres://name@corp:***@host/db'],
    ['redis+unix://u:secret@/run/redis.sock', 'redis+unix://u:***@/run/redis.sock'],
    ['redis+unix:///run/redis.sock?password=secret&db=1', 'redis+unix:///run/redis.sock?password=***&db=1'],
    ['a redis://u:one@h1 b redis://v:two@h2 c', 'a redis://u:***@h1 b redis://v:***@h2 c'],
    ['redis://u:one@h1,redis://v:two@h2', 'redis://u:***@h1,redis://v:***@h2'],
    ['host=db password=secret user=me', 'host=db password=*** user=me'],
    [`password='open sesame' host=db`, 'password=*** host=db'],
  ])('hides the password in %s', (text, expected) => expect(redact(text)).toBe(expected));

  test.each([
    '',
    'redis://host:6379/0',
    'redis://user@host:6379',
    'redis://[::1]:6379',
    'redis://[::1]:6379 refused the connection, ask admin@example.com',
    'redis://host:6379 refused the connection, ask admin@example.com',
    'postgres://host:5432/db refused the connection, ask admin@example.com',
    'at redis://host:6379: key=user:1 was not found',
    'redis+unix:///run/redis.sock',
    'see https://example.com/a:b',
  ])('leaves %j alone', (text) => expect(redact(text)).toBe(text));

  test('no password gets through, whatever it is made of', () => {
    const letters = string({
      unit: constantFrom('s', '3', '@', ':', '/', '?', '#', '%', ' ', '"', "'", '&', '='),
      maxLength: 12,
    });
    assert(
      property(letters, letters, (before, after) => {
        pre(!LIKE_A_PORT.test(before + after) && !LIKE_ANOTHER_URL.test(before + after));
        const text = redact(`cannot reach redis://user:${before}S3CRET${after}@host:6379/0`);
        expect(text).not.toContain('S3CRET');
        expect(text.endsWith('@host:6379/0')).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('copes with long texts', () => {
    const text = 'redis://a:b '.repeat(20_000) + 'x'.repeat(200_000);
    const begin = process.hrtime.bigint();
    redact(text);
    expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeLessThan(2000);
  });
});
