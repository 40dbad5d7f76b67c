import { CachectlError } from '../../base/errors.ts';
import { weightedIndex } from '../weighted.ts';

/** Measured sizes. */
export interface SizeTable {
  /** Sizes in bytes; where there is one more than weights, each weight is of a range from one to before the next. */
  readonly sizes: readonly number[];
  /** In any unit; none below 0. */
  readonly weights: readonly number[];
}

/** Sizes as a table says; within a range all are equally likely. */
export function tableQuantile({ sizes, weights }: SizeTable): (u: number) => number {
  const ranges = sizes.length === weights.length + 1;
  if (!ranges && sizes.length !== weights.length) {
    const message = `a table of sizes has ${sizes.length} sizes and ${weights.length} weights, expected as many, or one size more for ranges`;
    throw new CachectlError('BAD_SCENARIO', message);
  }
  const falling = ranges ? sizes.findIndex((size, i) => i > 0 && size <= sizes[i - 1]!) : -1;
  if (falling > 0) {
    const message = `size ${falling + 1} of a table of ranges is ${sizes[falling]}, expected more than the one before`;
    throw new CachectlError('BAD_SCENARIO', message);
  }
  const indexOf = weightedIndex(weights);
  if (!ranges) return (u) => sizes[indexOf(u)]!;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const before = [0];
  for (const [index, weight] of weights.entries()) before.push(before[index]! + weight);
  return (u) => {
    const index = indexOf(u);
    const within = (u * sum - before[index]!) / weights[index]!;
    return sizes[index]! + within * (sizes[index + 1]! - sizes[index]!);
  };
}
