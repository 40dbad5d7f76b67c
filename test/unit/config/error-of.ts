import { type CachectlError, type ErrorCode, isCachectlError } from '../../../src/base/errors.ts';

/** The error of a call that must fail with one of the codes. */
export function errorOf(act: () => unknown, ...codes: readonly ErrorCode[]): CachectlError {
  try {
    act();
  } catch (error) {
    if (isCachectlError(error, ...codes)) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}
