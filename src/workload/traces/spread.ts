import { TraceBatch } from './batch.ts';

/** With so many records of one second, what is there is spread: a trace without real times must not fill the memory. */
const MOST_HELD = 2 ** 20;
/** Batches that are smaller are not worth giving yet. */
const LEAST_GIVEN = 1024;
const SECOND_MS = 1000;

/**
 * The same records, those of each second spread evenly over it, in their order: record `i` of `n` comes `i / n` of a
 * second after its begin. For formats whose times are in whole seconds, which would otherwise send the requests of a
 * second all at once. The same trace gets the same times, however its bytes were cut. Records are held back until their
 * second is over; the batches hold until the next one, as those of a reading do.
 */
export async function* spreadWithinSeconds(
  batches: AsyncIterable<TraceBatch>,
): AsyncGenerator<TraceBatch, void, undefined> {
  let held: HeldRecords | undefined;
  for await (const batch of batches) {
    held ??= new HeldRecords(batch);
    for (let i = 0; i < batch.length; i++) {
      if (held.endsSecond(batch.timeMs[i]!)) {
        held.spread();
        if (held.batch.length >= LEAST_GIVEN) {
          yield held.batch;
          held.clear();
        }
      }
      held.add(batch, i);
    }
  }
  if (held === undefined || held.batch.length === 0) return;
  held.spread();
  yield held.batch;
}

class HeldRecords {
  readonly batch: TraceBatch;
  #usedBytes = 0;
  /** Where the second begins that is not over. */
  #first = 0;

  constructor(like: TraceBatch) {
    this.batch = new TraceBatch(like.keyEncoding);
  }

  endsSecond(timeMs: number): boolean {
    const { length } = this.batch;
    if (length === this.#first) return false;
    return this.batch.timeMs[this.#first] !== timeMs || length - this.#first >= MOST_HELD;
  }

  /** Gives the records of the second that is over their times. */
  spread(): void {
    const { timeMs, length } = this.batch;
    const count = length - this.#first;
    for (let i = 0; i < count; i++) timeMs[this.#first + i]! += (i * SECOND_MS) / count;
    this.#first = length;
  }

  clear(): void {
    this.batch.length = 0;
    this.#usedBytes = 0;
    this.#first = 0;
  }

  add(from: TraceBatch, i: number): void {
    const to = this.batch;
    to.reserve(1);
    const at = to.length++;
    to.timeMs[at] = from.timeMs[i]!;
    to.operation[at] = from.operation[i]!;
    to.joined[at] = from.joined[i]!;
    to.keyBytes[at] = from.keyBytes[i]!;
    to.valueBytes[at] = from.valueBytes[i]!;
    to.ttlSeconds[at] = from.ttlSeconds[i]!;
    to.keyStart[at] = this.#copy(from.bytes, from.keyStart[i]!, from.keyEnd[i]!);
    to.keyEnd[at] = this.#usedBytes;
    to.clientStart[at] = this.#copy(from.bytes, from.clientStart[i]!, from.clientEnd[i]!);
    to.clientEnd[at] = this.#usedBytes;
  }

  /** Where the copy begins; it ends at the used bytes. */
  #copy(bytes: Buffer, start: number, end: number): number {
    const at = this.#usedBytes;
    this.#usedBytes += end - start;
    if (this.#usedBytes > this.batch.bytes.length) {
      const longer = Buffer.allocUnsafeSlow(2 * this.#usedBytes);
      this.batch.bytes.copy(longer, 0, 0, at);
      this.batch.bytes = longer;
    }
    for (let i = start; i < end; i++) this.batch.bytes[at + i - start] = bytes[i]!;
    return at;
  }
}
