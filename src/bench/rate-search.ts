/** Where to look for the highest rate that is good enough. Rates are operations per second. */
export interface RateRange {
  readonly from: number;
  readonly to: number;
  /** How near the answer is to the truth, as a share: 0.05 is within 5 %. */
  readonly precision: number;
}

/** How often the rate is doubled at most: a thousandfold. */
const CLIMB = 2;

/**
 * The highest rate that passes: climbs by doubling until one fails, then halves the gap (on the logarithmic scale)
 * until it is narrower than the precision. A rate that passes after a lower one has failed is not looked for: under
 * load, failing is taken to be monotonic.
 */
export class RateSearch {
  readonly #range: RateRange;
  #passed: number | undefined;
  #failed: number | undefined;
  #isOver = false;

  constructor(range: RateRange) {
    this.#range = range;
  }

  /** The next rate to try; undefined when the answer is known. */
  next(): number | undefined {
    const { from, to, precision } = this.#range;
    if (this.#isOver) return undefined;
    if (this.#passed === undefined) return this.#failed === undefined ? from : undefined;
    if (this.#failed === undefined) {
      return this.#passed >= to ? undefined : Math.min(to, this.#passed * CLIMB);
    }
    return this.#failed / this.#passed <= 1 + precision ? undefined : Math.sqrt(this.#passed * this.#failed);
  }

  /** How the rate that {@link next} gave did. */
  tell(rate: number, passed: boolean): void {
    if (passed) this.#passed = rate;
    else this.#failed = rate;
  }

  /** Ends it early, with what is known. */
  stop(): void {
    this.#isOver = true;
  }

  /** The highest rate that passed; undefined when even the first did not. */
  get best(): number | undefined {
    return this.#passed;
  }

  /** The lowest rate that failed; undefined when none did. */
  get limit(): number | undefined {
    return this.#failed;
  }
}
