import type { TraceBatch } from './batch.ts';
import { KeyIndex } from './key-index.ts';
import { TRACE_OPERATIONS, type TraceOperation } from './operation.ts';
import { SizeCounts, type SizeSummary } from './size-counts.ts';

const FIRST_KEYS = 1024;

/** What a trace is like, as far as its format tells. */
export interface TraceDescription {
  readonly requests: number;
  readonly distinctKeys: number;
  /** From the first to the latest time; undefined when there are no times. */
  readonly durationMs: number | undefined;
  /** Requests of each operation; the keys of a multi-get count each. */
  readonly operations: Readonly<Record<TraceOperation, number>>;
  /** Of those requests that tell them; undefined when none does. */
  readonly keyBytes: SizeSummary | undefined;
  readonly valueBytes: SizeSummary | undefined;
  readonly ttlSeconds: SizeSummary | undefined;
  /** Share of the requests whose key has come before: no cache hits more often. 0 when there are no requests. */
  readonly reuse: number;
  /** Keys that come once only, and that no cache is of use for. */
  readonly singleUseKeys: number;
  /**
   * Bytes of all keys and, for each key, of the largest value seen: what a store without an overhead needs to hold
   * everything that the trace asks for.
   */
  readonly footprintBytes: number;
}

/** Reads all batches once. Memory grows with the number of keys: some 60 bytes and the key, for each. */
export async function describeTrace(batches: AsyncIterable<TraceBatch>): Promise<TraceDescription> {
  const survey = new TraceSurvey();
  for await (const batch of batches) survey.add(batch);
  return survey.describe();
}

class TraceSurvey {
  readonly #keys = new KeyIndex();
  readonly #operations = new Float64Array(TRACE_OPERATIONS.length);
  readonly #keySizes = new SizeCounts();
  readonly #valueSizes = new SizeCounts();
  readonly #ttls = new SizeCounts();
  /** By key index. */
  #largestValues = new Float64Array(FIRST_KEYS);
  #isReused = new Uint8Array(FIRST_KEYS);
  #requests = 0;
  #reused = 0;
  #latestMs = Number.NaN;
  #footprint = 0;
  #singleUse = 0;
  /** Keys that came before the present request. */
  #seenKeys = 0;

  add(batch: TraceBatch): void {
    const { length, bytes } = batch;
    for (let i = 0; i < length; i++) {
      const index = this.#keys.indexOf(bytes, batch.keyStart[i]!, batch.keyEnd[i]!);
      const keyBytes = batch.keyBytes[i]!;
      const valueBytes = batch.valueBytes[i]!;
      this.#use(index, Number.isNaN(keyBytes) ? batch.keyEnd[i]! - batch.keyStart[i]! : keyBytes);
      if (valueBytes > this.#largestValues[index]!) {
        this.#footprint += valueBytes - this.#largestValues[index]!;
        this.#largestValues[index] = valueBytes;
      }
      this.#operations[batch.operation[i]!]!++;
      this.#keySizes.add(keyBytes);
      this.#valueSizes.add(valueBytes);
      this.#ttls.add(batch.ttlSeconds[i]!);
      const timeMs = batch.timeMs[i]!;
      if (!(timeMs <= this.#latestMs)) this.#latestMs = Number.isNaN(timeMs) ? this.#latestMs : timeMs;
    }
    this.#requests += length;
  }

  describe(): TraceDescription {
    return {
      requests: this.#requests,
      distinctKeys: this.#keys.size,
      durationMs: Number.isNaN(this.#latestMs) ? undefined : this.#latestMs,
      operations: Object.fromEntries(
        TRACE_OPERATIONS.map((operation, i) => [operation, this.#operations[i]!]),
      ) as Record<TraceOperation, number>,
      keyBytes: this.#keySizes.summary(),
      valueBytes: this.#valueSizes.summary(),
      ttlSeconds: this.#ttls.summary(),
      reuse: this.#requests === 0 ? 0 : this.#reused / this.#requests,
      singleUseKeys: this.#singleUse,
      footprintBytes: this.#footprint,
    };
  }

  #use(index: number, keyBytes: number): void {
    if (index === this.#seenKeys) {
      this.#seenKeys++;
      if (index === this.#isReused.length) this.#grow();
      this.#singleUse++;
      this.#footprint += keyBytes;
      return;
    }
    this.#reused++;
    if (this.#isReused[index] === 0) this.#singleUse--;
    this.#isReused[index] = 1;
  }

  #grow(): void {
    const values = new Float64Array(2 * this.#largestValues.length);
    values.set(this.#largestValues);
    const reused = new Uint8Array(2 * this.#isReused.length);
    reused.set(this.#isReused);
    this.#largestValues = values;
    this.#isReused = reused;
  }
}
