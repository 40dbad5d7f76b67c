import { fastestBuild } from './histogram.ts';
import { LatencyRecorder } from './latency.ts';

/** What happened in one second of the measured part. */
export interface SecondSample {
  /** Seconds since the measured part began. */
  readonly at: number;
  /** Operations that were answered in this second. */
  readonly operations: number;
  /** Operations that failed in this second; they are not among {@link operations}. */
  readonly errors: number;
  readonly hits: number;
  /** Reads that were answered, hits and misses. */
  readonly reads: number;
  /** 99th percentile of the latency of the operations, in milliseconds; absent without operations. */
  readonly p99Ms?: number;
  /** The latencies of the operations: an HDR histogram (nanoseconds, two digits, V2 compressed, base64). */
  readonly latency?: string;
}

export type Outcome = 'hit' | 'miss' | 'written' | 'error';

/** A day: about 10 MB of samples. */
const MAX_SECONDS = 86_400;

/**
 * Operations by the second in which they ended. Seconds without any are there too: an outage must show.
 * After {@link MAX_SECONDS} the series ends, and later operations are left out of it.
 */
export class IntervalSeries {
  readonly #startMs: number;
  readonly #maxSeconds: number;
  readonly #latency: LatencyRecorder = new LatencyRecorder(fastestBuild(), 'coarse');
  readonly #done: SecondSample[] = [];
  #endMs: number;
  #errors = 0;
  #hits = 0;
  #reads = 0;

  /** `startMs`: when the measured part began, on the clock that {@link record} is given. */
  constructor(startMs: number, maxSeconds: number = MAX_SECONDS) {
    this.#startMs = startMs;
    this.#maxSeconds = maxSeconds;
    this.#endMs = startMs + 1000;
  }

  /**
   * Counts one operation that ended at `endedAtMs`. One that is told late, after others of the next
   * second, counts in that second. The latency of an error is not used.
   * @param count of operations for which all of this is the same
   */
  record(endedAtMs: number, latencyMs: number, outcome: Outcome, count = 1): void {
    if (endedAtMs >= this.#endMs) this.#advanceTo(endedAtMs);
    if (outcome === 'error') {
      this.#errors += count;
      return;
    }
    this.#latency.record(latencyMs, count);
    if (outcome === 'written') return;
    this.#reads += count;
    if (outcome === 'hit') this.#hits += count;
  }

  /** Closes the series at `endMs` and gives all its seconds; the last may be a part of one. Call it once, last. */
  finish(endMs: number): readonly SecondSample[] {
    this.#advanceTo(endMs);
    if (endMs > this.#endMs - 1000 || this.#isTouched()) this.#closeSecond();
    this.#latency.close();
    return this.#done;
  }

  #advanceTo(ms: number): void {
    while (ms >= this.#endMs && this.#done.length < this.#maxSeconds) this.#closeSecond();
  }

  #isTouched(): boolean {
    return this.#latency.count + this.#errors > 0;
  }

  #closeSecond(): void {
    if (this.#done.length < this.#maxSeconds) this.#done.push(this.#sample());
    this.#latency.reset();
    this.#errors = 0;
    this.#hits = 0;
    this.#reads = 0;
    this.#endMs = this.#startMs + (this.#done.length + 1) * 1000;
  }

  #sample(): SecondSample {
    const p99Ms = this.#latency.percentile(99);
    return {
      at: this.#done.length,
      operations: this.#latency.count,
      errors: this.#errors,
      hits: this.#hits,
      reads: this.#reads,
      ...(p99Ms === undefined ? {} : { p99Ms, latency: this.#latency.encode() }),
    };
  }
}
