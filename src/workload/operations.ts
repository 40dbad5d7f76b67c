import { CachectlError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

export const OPERATIONS = ['getOrLoad', 'get', 'multiGet', 'set', 'delete', 'touch', 'incr'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Share of each operation, from 0 to 1; they add up to 1. */
export type OperationShares = Readonly<Record<Operation, number>>;

/** How far from 1 the sum of the shares may be: what rounding to written decimals can cause. */
const TOLERANCE = 1e-6;

/** Draws operations in proportion to their shares. Throws `BAD_SCENARIO` when the shares make no mix. */
export class OperationMix {
  readonly #random: Random;
  readonly #operations: readonly Operation[];
  /** Upper bound of the draws that give the operation at the same position; the last operation has none. */
  readonly #bounds: Float64Array;

  constructor(shares: OperationShares, random: Random) {
    const sum = OPERATIONS.reduce((total, operation) => total + requireShare(operation, shares), 0);
    if (Math.abs(sum - 1) > TOLERANCE) {
      throw new CachectlError('BAD_SCENARIO', `shares of operations add up to ${sum}, expected 1`);
    }
    this.#random = random;
    this.#operations = OPERATIONS.filter((operation) => shares[operation] > 0);
    let bound = 0;
    this.#bounds = Float64Array.from(
      this.#operations.slice(0, -1),
      (operation) => (bound += shares[operation]),
    );
  }

  next(): Operation {
    const draw = this.#random.next();
    let chosen = 0;
    while (chosen < this.#bounds.length && draw >= this.#bounds[chosen]!) chosen++;
    return this.#operations[chosen]!;
  }
}

function requireShare(operation: Operation, shares: OperationShares): number {
  const share = shares[operation];
  if (share >= 0 && share <= 1) return share;
  throw new CachectlError('BAD_SCENARIO', `share of ${operation} is ${share}, expected 0 to 1`);
}
