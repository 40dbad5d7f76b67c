/** How the hit ratio went when the hot keys moved. */
export interface ShiftFigures {
  /** Hit ratio before the shift; undefined when nothing was read. */
  readonly before: number | undefined;
  /** The lowest of a window after it; undefined when nothing was read after it. */
  readonly lowest: number | undefined;
  /** Requests from the shift to the end of the first window that is as before; undefined when none is. */
  readonly regain: number | undefined;
}

/** A window is as before with this part of that hit ratio: windows differ by chance. */
const REGAINED = 0.95;

/** Counts hits and misses in windows of as many requests; plain sums, for it is asked at every read. */
export class HitWindows {
  readonly #windowRequests: number;
  readonly #hits: Float64Array;
  readonly #reads: Float64Array;

  constructor(requests: number, windows: number) {
    this.#windowRequests = requests / windows;
    this.#hits = new Float64Array(windows);
    this.#reads = new Float64Array(windows);
  }

  /** A read was answered when the request of this number, from 0, was the last that had begun. */
  note(request: number, isHit: boolean): void {
    const window = Math.floor(request / this.#windowRequests);
    if (window >= this.#reads.length) return;
    this.#reads[window]!++;
    if (isHit) this.#hits[window]!++;
  }

  /** The shift was at the beginning of window `shift`; before that those from `from` on count. */
  around(shift: number, from: number): ShiftFigures {
    const before = this.ratio(from, shift);
    let lowest: number | undefined;
    let regain: number | undefined;
    for (let i = shift; i < this.#reads.length; i++) {
      const ratio = this.ratio(i, i + 1);
      if (ratio === undefined) continue;
      lowest = Math.min(lowest ?? 1, ratio);
      if (before !== undefined && ratio >= before * REGAINED)
        regain ??= (i + 1 - shift) * this.#windowRequests;
    }
    return { before, lowest, regain };
  }

  /** Hit ratio of the windows from `from` up to `to`; undefined when nothing was read in them. */
  ratio(from: number, to: number): number | undefined {
    const sum = (counts: Float64Array): number => counts.subarray(from, to).reduce((a, b) => a + b, 0);
    const reads = sum(this.#reads);
    return reads === 0 ? undefined : sum(this.#hits) / reads;
  }
}
