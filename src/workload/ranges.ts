import { CachectlError } from '../base/errors.ts';

/** Returns `value`; throws `BAD_SCENARIO` that calls it `what` unless it is from `min` to `max`. */
export function requireRange(what: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new CachectlError('BAD_SCENARIO', `${what} is ${value}, expected a number from ${min} to ${max}`);
}

/** Returns `value`; throws `BAD_SCENARIO` that calls it `what` unless it is a finite number over 0. */
export function requirePositive(what: string, value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw new CachectlError('BAD_SCENARIO', `${what} is ${value}, expected a number over 0`);
}
