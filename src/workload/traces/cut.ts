import type { TraceBatch } from './batch.ts';

/** The first `limit` records, a whole number from 1; what follows is not read. */
export async function* firstRecords(
  batches: AsyncIterable<TraceBatch>,
  limit: number,
): AsyncGenerator<TraceBatch, void, undefined> {
  let left = limit;
  for await (const batch of batches) {
    batch.length = Math.min(batch.length, left);
    left -= batch.length;
    yield batch;
    if (left === 0) return;
  }
}

/** The records up to the first whose time is `endMs` or later; those without a time are before any end. */
export async function* recordsBefore(
  batches: AsyncIterable<TraceBatch>,
  endMs: number,
): AsyncGenerator<TraceBatch, void, undefined> {
  for await (const batch of batches) {
    const end = batch.timeMs.subarray(0, batch.length).findIndex((timeMs) => timeMs >= endMs);
    if (end === -1) {
      yield batch;
      continue;
    }
    batch.length = end;
    yield batch;
    return;
  }
}
