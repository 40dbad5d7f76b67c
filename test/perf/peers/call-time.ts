/** What reading the clock costs, in milliseconds: it is taken off each call. */
const CLOCK_MS: number = quantile(
  Array.from({ length: 10_001 }, () => -(performance.now() - performance.now())),
  0.5,
);

/**
 * The median time of `calls` calls made one after the other, in milliseconds. Each is timed by itself, so that those
 * that the machine interrupts do not count.
 */
export async function medianCallMs(calls: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return Math.max(0, quantile(times, 0.5) - CLOCK_MS);
}

/** The value below which this share of them lies: the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}
