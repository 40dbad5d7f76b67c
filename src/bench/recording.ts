import { ErrorTally } from '../metrics/counters.ts';
import { IntervalSeries, type Outcome } from '../metrics/interval-series.ts';
import { LatencyRecorder } from '../metrics/latency.ts';
import type { SecondSample } from '../results/run-result.ts';
import type { Operation } from '../workload/operations.ts';

/** One operation that ended. Times are of one monotonic clock, in milliseconds. */
export interface Sample {
  readonly operation: Operation;
  /** When it was due; in a closed loop, when it was sent. */
  readonly due: number;
  readonly sent: number;
  readonly ended: number;
}

/** What a closed recording gives; the caller closes it when it has been read. */
export interface Recorded {
  readonly operations: number;
  readonly errors: ErrorTally;
  /** From due to ended. */
  readonly latency: LatencyRecorder;
  /** From sent to ended. */
  readonly service: LatencyRecorder;
  /** From due to sent: what the generator itself was late by. */
  readonly slip: LatencyRecorder;
  /** Latency by operation. */
  readonly byOperation: ReadonlyMap<Operation, LatencyRecorder>;
  readonly seconds: readonly SecondSample[];
  /** From the start of the measured part to its end, or to the last answer when that came later. */
  readonly measuredMs: number;
}

/**
 * Takes what happens in the measured part of a run: operations that were due from `startMs` on. Failed ones
 * are counted, and are in no latency: a fast failure must not make a cache look fast.
 */
export class Recording {
  readonly #startMs: number;
  readonly #latency = new LatencyRecorder();
  readonly #service = new LatencyRecorder();
  readonly #slip = new LatencyRecorder();
  readonly #byOperation = new Map<Operation, LatencyRecorder>();
  readonly #series: IntervalSeries;
  readonly #errors = new ErrorTally();
  #lastEnd: number;
  /** Operations of the measured part so far, for progress. */
  operations = 0;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#lastEnd = startMs;
    this.#series = new IntervalSeries(startMs);
  }

  done({ operation, due, sent, ended }: Sample, outcome: Outcome): void {
    if (due < this.#startMs) return;
    this.operations++;
    this.#lastEnd = ended;
    const latency = ended - due;
    this.#latency.record(latency);
    this.#service.record(ended - sent);
    this.#slip.record(sent - due);
    this.#of(operation).record(latency);
    this.#series.record(ended, latency, outcome);
  }

  failed({ due, ended }: Sample, error: unknown): void {
    if (due < this.#startMs) return;
    this.#errors.add(error);
    this.#series.record(ended, 0, 'error');
  }

  get errors(): number {
    return this.#errors.total;
  }

  /** 99th percentile of the latency so far, in milliseconds. */
  get p99Ms(): number | undefined {
    return this.#latency.percentile(99);
  }

  finish(endMs: number): Recorded {
    const end = Math.max(endMs, this.#lastEnd);
    return {
      operations: this.operations,
      errors: this.#errors,
      latency: this.#latency,
      service: this.#service,
      slip: this.#slip,
      byOperation: this.#byOperation,
      seconds: this.#series.finish(end),
      measuredMs: end - this.#startMs,
    };
  }

  #of(operation: Operation): LatencyRecorder {
    let recorder = this.#byOperation.get(operation);
    if (recorder === undefined) {
      recorder = new LatencyRecorder();
      this.#byOperation.set(operation, recorder);
    }
    return recorder;
  }
}

/** Frees the histograms, which the garbage collector does not see. */
export function release({ latency, service, slip, byOperation }: Recorded): void {
  for (const recorder of [latency, service, slip, ...byOperation.values()]) recorder.close();
}
