import { expect, test } from 'vitest';
import { prefixPattern } from '../../../../src/backends/redis/scan.ts';

test.each([
  ['user:', 'user:*'],
  ['a*', String.raw`a\**`],
  ['a?[b]', String.raw`a\?\[b\]*`],
  ['a\\', String.raw`a\\*`],
  ['', '*'],
])('the pattern for the prefix %j is %j', (prefix, pattern) => {
  expect(prefixPattern(prefix)).toBe(pattern);
});
