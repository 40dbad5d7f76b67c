/** One round of a benchmark: does a fixed amount of work. */
export type Round = () => Promise<void>;

export interface Ratio {
  /** How many times as fast `candidate` was as `baseline`: the median over the pairs. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Runs the two in turn, so that both see the same machine, and compares each pair. The order changes from pair
 * to pair. `low` and `high` are the quartiles.
 */
export async function interleavedRatio(baseline: Round, candidate: Round, pairs: number): Promise<Ratio> {
  await candidate();
  await baseline();
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0 ? baseline : candidate;
    const second = pair % 2 === 0 ? candidate : baseline;
    const firstMs = await timed(first);
    const secondMs = await timed(second);
    ratios.push(pair % 2 === 0 ? firstMs / secondMs : secondMs / firstMs);
  }
  ratios.sort((a, b) => a - b);
  const at = (share: number): number => ratios[Math.round((ratios.length - 1) * share)] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

async function timed(round: Round): Promise<number> {
  const start = performance.now();
  await round();
  return performance.now() - start;
}

export function shown({ median, low, high }: Ratio): string {
  return `${median.toFixed(2)} (quartiles ${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** Makes `calls` calls, `inFlight` of them at a time. */
export async function callInTurn(
  calls: number,
  inFlight: number,
  call: () => Promise<unknown>,
): Promise<void> {
  let left = calls;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await call();
    }),
  );
}
