/** Cells with fewer expected draws are pooled, because chi-square needs about ten in each. */
const LEAST_EXPECTED = 10;

/**
 * Pearson's chi-square of observed counts by its degrees of freedom: near 1 for the right distribution,
 * with a standard deviation of sqrt(2 / degrees); neighbouring cells are pooled until enough is expected.
 *
 * @param probability of the cell at an index; all together 1
 */
export function chiSquarePerDegree(
  observed: ArrayLike<number>,
  probability: (index: number) => number,
): number {
  const total = Array.from(observed).reduce((sum, count) => sum + count, 0);
  let chiSquare = 0;
  let cells = 0;
  let pooledObserved = 0;
  let pooledExpected = 0;
  for (let i = 0; i < observed.length; i++) {
    pooledObserved += observed[i]!;
    pooledExpected += total * probability(i);
    if (pooledExpected < LEAST_EXPECTED) continue;
    chiSquare += (pooledObserved - pooledExpected) ** 2 / pooledExpected;
    cells++;
    pooledObserved = 0;
    pooledExpected = 0;
  }
  return chiSquare / (cells - 1);
}

/** Largest distance of the samples' distribution from `cdf`, times the root of their number: over 1.63 in 1 of 100 right cases. */
export function kolmogorovSmirnov(samples: readonly number[], cdf: (x: number) => number): number {
  const sorted = Float64Array.from(samples).sort();
  let largest = 0;
  for (const [i, sample] of sorted.entries()) {
    const expected = cdf(sample);
    largest = Math.max(largest, expected - i / sorted.length, (i + 1) / sorted.length - expected);
  }
  return largest * Math.sqrt(sorted.length);
}
