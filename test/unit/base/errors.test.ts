import { describe, expect, test } from 'vitest';
import { CachectlError, isCachectlError, messageOf, type ErrorCode } from '../../../src/base/errors.ts';
import { ExitCode } from '../../../src/base/exit-codes.ts';

describe('CachectlError', () => {
  test('carries code, hint, problems and cause', () => {
    const cause = new Error('cause');
    const problems = [{ file: 'a.yaml', line: 3, message: 'wrong' }];
    const error = new CachectlError('BAD_SCENARIO', 'no', { hint: 'mend it', cause, problems });
    expect(error).toMatchObject({ name: 'CachectlError', code: 'BAD_SCENARIO', hint: 'mend it', problems });
    expect(error.message).toBe('no');
    expect(error.cause).toBe(cause);
  });

  test('has no cause, hint or problems unless given', () => {
    const error = new CachectlError('CLOSED', 'closed');
    expect('cause' in error).toBe(false);
    expect(error.hint).toBeUndefined();
    expect(error.problems).toEqual([]);
  });

  test.each<[ErrorCode, ExitCode]>([
    ['BAD_USAGE', ExitCode.usage],
    ['BAD_RESULT', ExitCode.usage],
    ['SERVER_UNREACHABLE', ExitCode.unreachable],
    ['DEADLINE_EXCEEDED', ExitCode.unreachable],
    ['INTERRUPTED', ExitCode.interrupted],
    ['UNEXPECTED', ExitCode.unexpected],
  ])('%s exits with %d', (code, exitCode) => expect(new CachectlError(code, '').exitCode).toBe(exitCode));

  test('is told from other errors, by code when asked', () => {
    const error: unknown = new CachectlError('CLOSED', '');
    expect(isCachectlError(error)).toBe(true);
    expect(isCachectlError(error, 'BAD_USAGE', 'CLOSED')).toBe(true);
    expect(isCachectlError(error, 'BAD_USAGE')).toBe(false);
    expect(isCachectlError(new Error('CLOSED'))).toBe(false);
    expect(isCachectlError(undefined)).toBe(false);
  });
});

test('each exit code means one thing', () => {
  const codes = Object.values(ExitCode);
  expect(new Set(codes).size).toBe(codes.length);
});

test('messageOf takes anything', () => {
  expect([new Error('a'), 'b', undefined, 7, null].map(messageOf)).toEqual([
    'a',
    'b',
    'undefined',
    '7',
    'null',
  ]);
});
