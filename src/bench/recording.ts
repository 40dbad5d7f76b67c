import { ErrorTally } from '../metrics/counters.ts';
import { IntervalSeries, type Outcome, type SecondSample } from '../metrics/interval-series.ts';
import { LatencyRecorder } from '../metrics/latency.ts';
import type { Operation } from '../workload/operations.ts';

/** What a recording gives in the end; the caller closes it with {@link release} when it has been read. */
export interface Recorded {
  readonly operations: number;
  readonly errors: ErrorTally;
  /** From due to ended. */
  readonly latency: LatencyRecorder;
  /** From sent to ended. */
  readonly service: LatencyRecorder;
  /** From due to sent: what the generator itself was late by; undefined in a closed loop, where nothing is due. */
  readonly slip: LatencyRecorder | undefined;
  /** Latency by operation. */
  readonly byOperation: ReadonlyMap<Operation, LatencyRecorder>;
  readonly seconds: readonly SecondSample[];
  /** From the start of the measured part to its end, or to the last answer when that came later. */
  readonly measuredMs: number;
}

/** Is told of each operation of the measured part, as the recording is. */
export interface Follower {
  done(dueMs: number, endedMs: number, outcome: Outcome): void;
  failed(dueMs: number, operation: Operation | undefined): void;
}

/**
 * Takes what happens in the measured part of a run: operations that were due from `startMs` on. Failed ones
 * are counted, and are in no latency: a fast failure must not make a cache look fast. It is called for every
 * operation, so it records each time once, and adds up in the end.
 */
export class Recording {
  readonly #startMs: number;
  readonly #byOperation = new Map<Operation, LatencyRecorder>();
  /** Only where operations can be sent later than they are due. */
  readonly #open: { readonly service: LatencyRecorder; readonly slip: LatencyRecorder } | undefined;
  readonly #series: IntervalSeries;
  readonly #errors = new ErrorTally();
  readonly #follower: Follower | undefined;
  #lastEnd: number;
  /** Operations of the measured part so far. */
  operations = 0;
  #hits = 0;
  #misses = 0;

  constructor(startMs: number, model: 'closed' | 'open', follower?: Follower) {
    this.#startMs = startMs;
    this.#follower = follower;
    this.#lastEnd = startMs;
    this.#series = new IntervalSeries(startMs);
    this.#open =
      model === 'open' ? { service: new LatencyRecorder(), slip: new LatencyRecorder() } : undefined;
  }

  /** @param count of operations for which all of this is the same */
  done(operation: Operation, due: number, sent: number, ended: number, outcome: Outcome, count = 1): void {
    if (due < this.#startMs) return;
    this.operations += count;
    this.#lastEnd = ended;
    if (outcome === 'hit') this.#hits++;
    else if (outcome === 'miss') this.#misses++;
    const latency = ended - due;
    this.#of(operation).record(latency, count);
    this.#series.record(ended, latency, outcome, count);
    for (let one = 0; one < count; one++) this.#follower?.done(due, ended, outcome);
    if (this.#open === undefined) return;
    this.#open.service.record(ended - sent, count);
    this.#open.slip.record(sent - due, count);
  }

  /** `operation`: which it was, for whoever follows. */
  failed(due: number, ended: number, error: unknown, operation?: Operation): void {
    if (due < this.#startMs) return;
    this.#errors.add(error);
    this.#series.record(ended, 0, 'error');
    this.#follower?.failed(due, operation);
  }

  get errors(): number {
    return this.#errors.total;
  }

  /** Share of the reads so far that were hits; undefined before the first read. */
  get hitRatio(): number | undefined {
    const reads = this.#hits + this.#misses;
    return reads === 0 ? undefined : this.#hits / reads;
  }

  /** 99th percentile of the latency so far, in milliseconds; undefined before the first operation. */
  get p99Ms(): number | undefined {
    const all = this.#total();
    const p99 = all.percentile(99);
    all.close();
    return p99;
  }

  finish(endMs: number): Recorded {
    const end = Math.max(endMs, this.#lastEnd);
    const latency = this.#total();
    return {
      operations: this.operations,
      errors: this.#errors,
      latency,
      service: this.#open?.service ?? latency,
      slip: this.#open?.slip,
      byOperation: this.#byOperation,
      seconds: this.#series.finish(end),
      measuredMs: end - this.#startMs,
    };
  }

  #total(): LatencyRecorder {
    const total = new LatencyRecorder();
    for (const recorder of this.#byOperation.values()) total.merge(recorder);
    return total;
  }

  #of(operation: Operation): LatencyRecorder {
    const known = this.#byOperation.get(operation);
    if (known !== undefined) return known;
    const recorder = new LatencyRecorder();
    this.#byOperation.set(operation, recorder);
    return recorder;
  }
}

/** The distributions of a recording as a result has them. */
export function encodeHistograms({ latency, service, slip, byOperation }: Recorded): Record<string, string> {
  return {
    latency: latency.encode(),
    service_latency: service.encode(),
    ...(slip !== undefined && { schedule_slip: slip.encode() }),
    ...Object.fromEntries(
      [...byOperation].map(([operation, recorder]) => [`latency:${operation}`, recorder.encode()]),
    ),
  };
}

/** Frees the histograms, which the garbage collector does not see. */
export function release({ latency, service, slip, byOperation }: Recorded): void {
  for (const recorder of new Set([latency, service, slip, ...byOperation.values()])) recorder?.close();
}
