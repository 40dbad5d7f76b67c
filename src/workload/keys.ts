import { CachectlError } from '../base/errors.ts';

/** Which key the next operation touches. */
export interface KeyDistribution {
  /** The next key index: an integer in [0, n), n being the number of keys. */
  next(): number;
  /** Set where keys depend on how many writes came before: counting those of other instances takes time. */
  readonly countsWrites?: boolean;
  /** The indexes of the `count` most popular keys, hottest first, all when there are fewer; absent where it is not known. */
  hottest?(count: number): readonly number[];
}

/** The largest keyspace: 2^32 keys. */
export const MAX_KEYS: number = 2 ** 32;

/** Returns `keys`; throws `BAD_SCENARIO` unless it is an integer from 1 to {@link MAX_KEYS}. */
export function requireKeyCount(keys: number): number {
  if (Number.isInteger(keys) && keys >= 1 && keys <= MAX_KEYS) return keys;
  throw new CachectlError('BAD_SCENARIO', `number of keys is ${keys}, expected an integer from 1 to 2^32`);
}
