export interface Step {
  readonly atMs: number;
  readonly value: number;
}

/** The highest of some values that come up over time. */
export class Rising {
  readonly #times: Float64Array;
  readonly #highest: Float64Array;

  constructor(steps: readonly Step[]) {
    const inOrder = [...steps].sort((a, b) => a.atMs - b.atMs);
    this.#times = Float64Array.from(inOrder, ({ atMs }) => atMs);
    let highest = 0;
    this.#highest = Float64Array.from(inOrder, ({ value }) => (highest = Math.max(highest, value)));
  }

  /** The highest that came up before this time; 0 when none did. */
  before(timeMs: number): number {
    return this.#highest[countBefore(this.#times, timeMs) - 1] ?? 0;
  }

  /** The highest that came up by this time; 0 when none did. */
  until(timeMs: number): number {
    return this.#highest[countUntil(this.#times, timeMs) - 1] ?? 0;
  }
}

/** How many of the ascending times are before this one. */
function countBefore(times: ArrayLike<number>, timeMs: number): number {
  return count(times, (at) => at < timeMs);
}

/** How many of the ascending times are not after this one. */
export function countUntil(times: ArrayLike<number>, timeMs: number): number {
  return count(times, (at) => at <= timeMs);
}

function count(times: ArrayLike<number>, isIn: (at: number) => boolean): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isIn(times[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
