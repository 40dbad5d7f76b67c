import { requireWeights } from './alias.ts';

/**
 * The inverse of a step function: gives the index of the choice that a number in [0, 1) falls on, each having its
 * share of the weights, in their order. A logarithmic search; where the number is not the caller's, the alias method
 * is faster. Throws `BAD_SCENARIO` when the weights are wrong.
 */
export function weightedIndex(weights: readonly number[]): (u: number) => number {
  const sum = requireWeights(weights);
  const bounds = new Float64Array(weights.length);
  let before = 0;
  for (const [index, weight] of weights.entries()) bounds[index] = (before += weight) / sum;
  const last = weights.findLastIndex((weight) => weight > 0);
  return (u) => {
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (u < bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
