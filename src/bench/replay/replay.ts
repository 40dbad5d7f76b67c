import type { TraceSpec } from '../../config/scenario.ts';
import type { Operation } from '../../workload/operations.ts';
import type { TracedValues } from '../../workload/traced-values.ts';
import type { TraceBatch } from '../../workload/traces/batch.ts';
import { firstRecords } from '../../workload/traces/cut.ts';
import { KeyIndex } from '../../workload/traces/key-index.ts';
import { TRACE_OPERATIONS, type TraceOperation } from '../../workload/traces/operation.ts';
import { createReplayPacer, type ReplayPacer } from '../../workload/traces/replay.ts';
import { spreadWithinSeconds } from '../../workload/traces/spread.ts';
import { openTrace } from '../../workload/traces/trace.ts';
import type { Pacer } from '../../workload/arrivals.ts';
import type { Supply } from '../executors/executor.ts';
import type { Share } from '../share.ts';

/** Times that are no finer are whole seconds, which are spread. */
const WHOLE_SECONDS_MS = 1000;

/**
 * What each request of a trace is here; undefined is left out. The keys of a multi-get are reads of their own: they are
 * one after another, and a cache in front of them answers each by itself.
 */
export function replayedAs(
  lookAside: TraceSpec['lookAside'],
): Readonly<Record<TraceOperation, Operation | undefined>> {
  const read = lookAside === 'on' ? 'getOrLoad' : 'get';
  return { get: read, 'multi-get': read, set: 'set', delete: 'delete', incr: undefined, touch: undefined };
}

/**
 * The operations of a trace, or this share's part of them: key `i`, counted by first appearance, is that of share
 * `i` modulo their number, so that the operations of a key stay in their order. Each share reads the whole trace, and
 * its operations are due when they are due in the whole. An operation is taken by `nextOperation` and then `nextKey`,
 * before that by `nextDueMs` where it has a time, each once.
 */
export class Replay implements Supply, Pacer {
  readonly #batches: AsyncIterator<TraceBatch>;
  readonly #operations: readonly (Operation | undefined)[];
  readonly #pacer: ReplayPacer;
  readonly #keys = new KeyIndex();
  readonly #values: TracedValues;
  readonly #share: Share;
  readonly #taken = new Taken();
  #reading: Promise<boolean> | undefined;

  private constructor(
    spec: TraceSpec,
    batches: AsyncIterable<TraceBatch>,
    values: TracedValues,
    share: Share,
  ) {
    const mapped = replayedAs(spec.lookAside);
    this.#operations = TRACE_OPERATIONS.map((operation) => mapped[operation]);
    this.#batches = batches[Symbol.asyncIterator]();
    this.#pacer = createReplayPacer(spec.timing);
    this.#values = values;
    this.#share = share;
  }

  /** @throws CachectlError as {@link openTrace} does */
  static async open(spec: TraceSpec, values: TracedValues, share: Share): Promise<Replay> {
    const trace = await openTrace(spec.file, spec);
    const isCoarse = (trace.format.timeResolutionMs ?? 0) >= WHOLE_SECONDS_MS;
    const limited = spec.limit === undefined ? trace.read() : firstRecords(trace.read(), spec.limit);
    const batches = isCoarse && spec.timing.pace === 'recorded' ? spreadWithinSeconds(limited) : limited;
    return new Replay(spec, batches, values, share);
  }

  get isReady(): boolean {
    return this.#taken.at < this.#taken.length;
  }

  refill(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  nextDueMs(): number {
    return this.#taken.dueMs[this.#taken.at]!;
  }

  nextOperation(): Operation {
    return this.#operations[this.#taken.operation[this.#taken.at]!]!;
  }

  nextKey(): number {
    const taken = this.#taken;
    const at = taken.at++;
    const key = taken.key[at]!;
    this.#values.tellSize(key, taken.valueBytes[at]!);
    if (this.#operations[taken.operation[at]!] === 'set') this.#values.tellTtl(key, taken.ttlSeconds[at]!);
    return key;
  }

  /** The key as the trace has it. */
  keyText(keyIndex: number): string {
    return this.#keys.keyAt(keyIndex).toString('utf8');
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.#batches.return?.();
  }

  async #read(): Promise<boolean> {
    while (!this.isReady) {
      const { done, value } = await this.#batches.next();
      if (done === true) return false;
      this.#take(value);
    }
    return true;
  }

  #take(batch: TraceBatch): void {
    const taken = this.#taken;
    taken.clear(batch.length);
    const { index, count } = this.#share;
    for (let i = 0; i < batch.length; i++) {
      const key = this.#keys.indexOf(batch.bytes, batch.keyStart[i]!, batch.keyEnd[i]!);
      if (this.#operations[batch.operation[i]!] === undefined) continue;
      const dueMs = this.#pacer.nextDueMs(batch.timeMs[i]!);
      if (key % count !== index) continue;
      const at = taken.length++;
      taken.dueMs[at] = dueMs;
      taken.key[at] = key;
      taken.operation[at] = batch.operation[i]!;
      taken.valueBytes[at] = batch.valueBytes[i]!;
      taken.ttlSeconds[at] = batch.ttlSeconds[i]!;
    }
  }
}

/** Records that are taken from a batch, which will be another one's soon. */
class Taken {
  at = 0;
  length = 0;
  dueMs = new Float64Array();
  key = new Uint32Array();
  operation = new Uint8Array();
  valueBytes = new Float64Array();
  ttlSeconds = new Float64Array();

  /** Empties it and makes room for so many. */
  clear(capacity: number): void {
    this.at = 0;
    this.length = 0;
    if (capacity <= this.key.length) return;
    this.dueMs = new Float64Array(capacity);
    this.key = new Uint32Array(capacity);
    this.operation = new Uint8Array(capacity);
    this.valueBytes = new Float64Array(capacity);
    this.ttlSeconds = new Float64Array(capacity);
  }
}
