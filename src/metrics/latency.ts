import { decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { CachectlError } from '../base/errors.ts';
import {
  COUNT_BITS,
  HIGHEST_NANOS,
  fastestBuild,
  newHistogram,
  type HistogramBuild,
  type HistogramGrain,
} from './histogram.ts';

const NANOS_PER_MS = 1e6;

/** What was recorded. Times are milliseconds; without records they are undefined, never 0. */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number | undefined;
  readonly maxMs: number | undefined;
  /** The time that `percent` (0 to 100) of the records do not exceed, to 0.1 %. */
  percentile(percent: number): number | undefined;
}

/**
 * Distribution of latencies, kept as an HDR histogram of nanoseconds: 1 ns to 1 h, known to 0.1 % each,
 * in 270 KB whatever the count.
 */
export class LatencyRecorder implements LatencySummary {
  readonly #build: HistogramBuild;
  readonly #histogram: Histogram;
  #closed = false;

  /** The build is chosen by itself; tests choose. */
  constructor(histogramBuild: HistogramBuild = fastestBuild(), grain: HistogramGrain = 'fine') {
    this.#build = histogramBuild;
    this.#histogram = newHistogram(histogramBuild, grain);
  }

  /**
   * Records one latency. A negative one, as rounding of clock readings may give, counts as 0, one over an
   * hour as an hour. Throws `UNEXPECTED` for NaN.
   * @param count how often, 1 or more
   */
  record(ms: number, count = 1): void {
    const rounded = Math.round(ms * NANOS_PER_MS);
    const nanos = rounded >= 0 && rounded <= HIGHEST_NANOS ? rounded : clampNanos(rounded);
    if (count === 1) this.#histogram.recordValue(nanos);
    else this.#histogram.recordValueWithCount(nanos, count);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get meanMs(): number | undefined {
    return this.count === 0 ? undefined : this.#histogram.mean / NANOS_PER_MS;
  }

  get maxMs(): number | undefined {
    return this.count === 0 ? undefined : this.#histogram.maxValue / NANOS_PER_MS;
  }

  percentile(percent: number): number | undefined {
    const maxMs = this.maxMs;
    if (maxMs === undefined) return undefined;
    return Math.min(this.#histogram.getValueAtPercentile(percent) / NANOS_PER_MS, maxMs);
  }

  /** What was recorded up to now; later records do not change it. Costs about a millisecond. */
  snapshot(): LatencySummary {
    const { count, meanMs, maxMs } = this;
    const copy = new LatencyRecorder('js');
    copy.merge(this);
    return { count, meanMs, maxMs, percentile: (percent) => copy.percentile(percent) };
  }

  /** Adds all records of another recorder, which is left as it was. */
  merge(other: LatencyRecorder): void {
    if (other.#build === this.#build) this.#histogram.add(other.#histogram);
    else this.#addEncoded(other.encode());
  }

  /** Forgets all records. */
  reset(): void {
    this.#histogram.reset();
  }

  /** The histogram in the interchange format of HdrHistogram: V2, compressed, base64. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  /**
   * The recorder that was encoded; its maximum is known to 0.1 % only. Throws `BAD_RESULT` when the text is
   * no histogram or has values over an hour.
   */
  static decode(text: string, histogramBuild?: HistogramBuild, grain?: HistogramGrain): LatencyRecorder {
    const recorder = new LatencyRecorder(histogramBuild, grain);
    try {
      recorder.#addEncoded(text);
      return recorder;
    } catch (cause) {
      recorder.close();
      throw new CachectlError('BAD_RESULT', 'a latency histogram cannot be decoded', {
        hint: 'the result file is damaged or was not written by cachectl: run the bench again',
        cause,
      });
    }
  }

  /** Frees the memory, which the garbage collector does not see. The recorder must not be used afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#histogram.destroy();
  }

  #addEncoded(text: string): void {
    const decoded = decodeFromCompressedBase64(text, COUNT_BITS, this.#build === 'wasm');
    try {
      this.#histogram.add(decoded);
    } finally {
      decoded.destroy();
    }
  }
}

function clampNanos(nanos: number): number {
  if (Number.isNaN(nanos)) throw new CachectlError('UNEXPECTED', 'a latency is not a number');
  return Math.min(Math.max(nanos, 0), HIGHEST_NANOS);
}
