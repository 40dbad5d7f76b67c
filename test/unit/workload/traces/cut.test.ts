import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstRecords, recordsBefore } from '../../../../src/workload/traces/cut.ts';
import { TraceBatch } from '../../../../src/workload/traces/batch.ts';

/** Batches with these times; `isClosed` tells whether reading has ended as it should. */
function reading(batches: readonly (readonly number[])[]): {
  readonly batches: AsyncIterable<TraceBatch>;
  readonly state: { isClosed: boolean };
} {
  const state = { isClosed: false };
  async function* give(): AsyncGenerator<TraceBatch> {
    try {
      for (const times of batches) {
        const batch = new TraceBatch();
        batch.length = times.length;
        batch.timeMs.set(times);
        yield batch;
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { batches: give(), state };
}

async function timesOf(batches: AsyncIterable<TraceBatch>): Promise<readonly number[]> {
  const times: number[] = [];
  for await (const batch of batches) times.push(...batch.timeMs.subarray(0, batch.length));
  return times;
}

const anyBatches = fc.array(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 10 }));

test('the first records are those that come first, however they are cut in batches', async () => {
  await fc.assert(
    fc.asyncProperty(anyBatches, fc.integer({ min: 1, max: 60 }), async (all, limit) => {
      const { batches, state } = reading(all);
      expect(await timesOf(firstRecords(batches, limit))).toEqual(all.flat().slice(0, limit));
      expect(state.isClosed).toBe(true);
    }),
  );
});

test('the records before a time end with the first that is not', async () => {
  await fc.assert(
    fc.asyncProperty(anyBatches, fc.nat({ max: 60 }), async (all, endMs) => {
      const { batches, state } = reading(all);
      const end = all.flat().findIndex((timeMs) => timeMs >= endMs);
      const expected = end === -1 ? all.flat() : all.flat().slice(0, end);
      expect(await timesOf(recordsBefore(batches, endMs))).toEqual(expected);
      expect(state.isClosed).toBe(true);
    }),
  );
});

test('records without a time are before any', async () => {
  const { batches } = reading([[Number.NaN, Number.NaN]]);
  expect(await timesOf(recordsBefore(batches, 0))).toHaveLength(2);
});
