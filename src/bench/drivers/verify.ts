import { CachectlError } from '../../base/errors.ts';
import { type ValueCheck, verifyValue } from '../../workload/values.ts';
import type { Succeeded } from './driver.ts';

/** A wrong value is worse than none: it fails the operation. Checks every byte. */
export function verify(value: Uint8Array, keyIndex: number): void {
  requireOk(verifyValue(value, keyIndex));
}

export function requireOk(check: ValueCheck): void {
  if (check !== 'ok') throw wrongValue(check);
}

function wrongValue(check: Exclude<ValueCheck, 'ok'>): CachectlError {
  return new CachectlError(
    'CORRUPT_ENTRY',
    check === 'torn' ? 'a value was read that is not whole' : "a value was read that is another key's",
  );
}

/** Judges a single read. */
export function judgeValue(value: Uint8Array | undefined, keyIndex: number): Succeeded {
  if (value === undefined) return 'miss';
  verify(value, keyIndex);
  return 'hit';
}

/** What a multi-get asked for, and what it got, in the same order. */
export interface Batch {
  readonly keys: readonly number[];
  readonly values: readonly (Uint8Array | undefined)[];
}

/** Judges a multi-get: a hit when every key was there. */
export function judgeBatch({ keys, values }: Batch): Succeeded {
  if (values.length !== keys.length) {
    throw new CachectlError('CORRUPT_ENTRY', `${values.length} answers came to ${keys.length} keys`);
  }
  let outcome: Succeeded = 'hit';
  for (const [i, key] of keys.entries()) {
    if (judgeValue(values[i], key) === 'miss') outcome = 'miss';
  }
  return outcome;
}

/** Judges an increment by the count that it gave. */
export function judgeCount(count: number): Succeeded {
  if (Number.isInteger(count) && count >= 1) return 'written';
  throw new CachectlError('CORRUPT_ENTRY', `a counter was raised to ${count}, expected 1 or more`);
}
