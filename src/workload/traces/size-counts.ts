/** Smaller ones are counted in a column, the others, of which there are few, in a map. */
const SMALL = 2 ** 16;

export interface SizeSummary {
  /** How many requests told it. */
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts of whole numbers, exact, from which quantiles are read. */
export class SizeCounts {
  readonly #small = new Float64Array(SMALL);
  readonly #large = new Map<number, number>();
  #count = 0;
  #sum = 0;

  /** NaN is not counted. */
  add(size: number): void {
    if (Number.isNaN(size)) return;
    this.#count++;
    this.#sum += size;
    if (size < SMALL && Number.isInteger(size)) this.#small[size]!++;
    else this.#large.set(size, (this.#large.get(size) ?? 0) + 1);
  }

  /** Undefined when nothing was counted. */
  summary(): SizeSummary | undefined {
    if (this.#count === 0) return undefined;
    const counts = this.#sorted();
    return {
      count: this.#count,
      min: counts[0]![0],
      mean: this.#sum / this.#count,
      median: this.#quantile(counts, 0.5),
      p99: this.#quantile(counts, 0.99),
      max: counts.at(-1)![0],
    };
  }

  #sorted(): readonly (readonly [size: number, count: number])[] {
    const counts = [...this.#large];
    for (const [size, count] of this.#small.entries()) if (count > 0) counts.push([size, count]);
    return counts.sort(([a], [b]) => a - b);
  }

  /** The least size that so large a share does not exceed. */
  #quantile(counts: readonly (readonly [number, number])[], share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (const [size, count] of counts) if ((seen += count) >= rank) return size;
    return counts.at(-1)![0];
  }
}
