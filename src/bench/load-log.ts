import { machineMs } from '../base/clock.ts';

/** Loads from the origin with their times, on the clock that all processes of the machine share; plain data. */
export interface LoadTimes {
  readonly startsMs: Float64Array;
  readonly endsMs: Float64Array;
}

/** Notes when each load began and ended. */
export class LoadLog {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Runs a load and notes its times, whether it fails or not. */
  async note<T>(load: () => Promise<T>): Promise<T> {
    const start = machineMs();
    try {
      return await load();
    } finally {
      this.#starts.push(start);
      this.#ends.push(machineMs());
    }
  }

  get count(): number {
    return this.#starts.length;
  }

  times(): LoadTimes {
    return { startsMs: Float64Array.from(this.#starts), endsMs: Float64Array.from(this.#ends) };
  }
}

/** How many loads were under way at once, at most, in all processes together. */
export function peakConcurrency(logs: readonly LoadTimes[]): number {
  const starts = sorted(logs.map(({ startsMs }) => startsMs));
  const ends = sorted(logs.map(({ endsMs }) => endsMs));
  let peak = 0;
  let ended = 0;
  for (const [begun, start] of starts.entries()) {
    while ((ends[ended] ?? Infinity) <= start) ended++;
    peak = Math.max(peak, begun + 1 - ended);
  }
  return peak;
}

function sorted(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.sort();
}
