import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wireKey } from '../../../../src/backends/memcached/keys.ts';
import { keyBytes } from '../../../../src/backends/keys.ts';
import { isCachectlError } from '../../../../src/base/errors.ts';

const tooLong = (error: unknown): boolean => isCachectlError(error, 'KEY_TOO_LONG');

describe('wireKey', () => {
  test('what is sent is the key, byte for byte, and never breaks the line', () => {
    const anyKey = fc.oneof(
      fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
      fc.uint8Array({ minLength: 1, maxLength: 186 }),
    );
    fc.assert(
      fc.property(anyKey, (key) => {
        const { text, flag } = wireKey('memcached', key);
        const sent = Buffer.from(text, 'latin1');
        expect(sent.every((byte) => byte > 0x20 && byte !== 0x7f)).toBe(true);
        expect(sent.length).toBeLessThanOrEqual(250);
        const bytes = flag === '' ? sent : Buffer.from(text, 'base64');
        expect(bytes.equals(keyBytes(key))).toBe(true);
      }),
    );
  });

  test('250 bytes fit as they are, 186 as base64', () => {
    expect(wireKey('m', 'k'.repeat(250)).text).toHaveLength(250);
    expect(wireKey('m', 'ö'.repeat(125)).text).toHaveLength(250);
    expect(wireKey('m', ` ${'k'.repeat(185)}`)).toMatchObject({ flag: ' b' });
    expect(() => wireKey('m', 'k'.repeat(251))).toThrow(expect.toSatisfy(tooLong));
    expect(() => wireKey('m', 'ö'.repeat(126))).toThrow(expect.toSatisfy(tooLong));
    expect(() => wireKey('m', ` ${'k'.repeat(186)}`)).toThrow(expect.toSatisfy(tooLong));
    expect(() => wireKey('m', '')).toThrow(expect.toSatisfy((error) => isCachectlError(error, 'BAD_USAGE')));
  });
});
