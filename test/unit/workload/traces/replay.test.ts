import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TraceBatch, TraceRecord } from '../../../../src/workload/traces/batch.ts';
import { TraceDecoder } from '../../../../src/workload/traces/decoder.ts';
import { TRACE_FORMATS } from '../../../../src/workload/traces/formats.ts';
import { createReplayPacer, type ReplayTiming } from '../../../../src/workload/traces/replay.ts';
import { spreadWithinSeconds } from '../../../../src/workload/traces/spread.ts';
import { TraceTally } from '../../../../src/workload/traces/tally.ts';
import { decode } from '../../../support/trace-text.ts';

const due = (timing: ReplayTiming, times: readonly number[]): number[] => {
  const pacer = createReplayPacer(timing);
  return times.map((timeMs) => pacer.nextDueMs(timeMs));
};

describe('due times', () => {
  test.each<[ReplayTiming, number[]]>([
    [{ pace: 'unpaced' }, [0, 0, 0, 0]],
    [{ pace: 'recorded', speed: 1 }, [0, 1000, 1000, 2500]],
    [{ pace: 'recorded', speed: 10 }, [0, 100, 100, 250]],
    [{ pace: 'recorded', speed: 0.5 }, [0, 2000, 2000, 5000]],
    [{ pace: 'rate', perSecond: 4 }, [0, 250, 500, 750]],
  ])('%o', (timing, expected) => expect(due(timing, [0, 1000, 1000, 2500])).toEqual(expected));

  test('never decrease, where a trace is out of order', () => {
    expect(due({ pace: 'recorded', speed: 2 }, [0, 100, -50, 80, 200])).toEqual([0, 50, 50, 50, 100]);
  });

  test.each([0, -1, Number.NaN, Infinity])('refuse the speed and the rate %d', (factor) => {
    const code = expect.objectContaining({ code: 'BAD_SCENARIO' });
    expect(() => createReplayPacer({ pace: 'recorded', speed: factor })).toThrow(code);
    expect(() => createReplayPacer({ pace: 'rate', perSecond: factor })).toThrow(code);
  });

  test('a trace without times has no pace of its own', () => {
    expect(() => due({ pace: 'recorded', speed: 1 }, [Number.NaN])).toThrow(
      expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining('no times') }),
    );
    expect(due({ pace: 'rate', perSecond: 1 }, [Number.NaN, Number.NaN])).toEqual([0, 1000]);
  });
});

/** The records, spread, of a trace that comes in chunks of so many bytes. */
async function spread(text: string, chunkBytes: number): Promise<TraceRecord[]> {
  const decoder = new TraceDecoder(TRACE_FORMATS.twitter, new TraceTally('t', 0));
  async function* batches(): AsyncGenerator<TraceBatch> {
    for (let at = 0; at < text.length; at += chunkBytes) {
      yield* decoder.push(Buffer.from(text.slice(at, at + chunkBytes)));
    }
    yield* decoder.end();
  }
  const records: TraceRecord[] = [];
  for await (const batch of spreadWithinSeconds(batches())) {
    for (let i = 0; i < batch.length; i++) records.push(batch.recordAt(i));
  }
  return records;
}

const lines = (seconds: readonly number[]): string =>
  seconds.map((second, i) => `${second},key:${i},${i},7,client,set,60\n`).join('');

describe('whole seconds', () => {
  test('are spread evenly, in order', async () => {
    const records = await spread(lines([10, 10, 10, 10, 12, 13, 13]), 1000);
    expect(records.map(({ timeMs }) => timeMs)).toEqual([0, 250, 500, 750, 2000, 3000, 3500]);
  });

  test('of any trace: nothing else changes, times stay within their seconds, and do not depend on the chunks', async () => {
    const gap = fc.oneof({ arbitrary: fc.constant(0), weight: 30 }, fc.nat({ max: 3 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(gap, { maxLength: 6000, size: 'max' }),
        fc.integer({ min: 50, max: 5000 }),
        async (gaps, chunkBytes) => {
          let second = 0;
          const text = lines(gaps.map((step) => (second += step)));
          const records = await spread(text, chunkBytes);
          const plain = decode('twitter', [text]).records;
          const floored = records.map((record) => ({
            ...record,
            timeMs: Math.floor(record.timeMs! / 1000) * 1000,
          }));
          expect(floored).toEqual(plain);
          expect(records.findIndex(({ timeMs }, i) => i > 0 && timeMs! <= records[i - 1]!.timeMs!)).toBe(-1);
          expect(await spread(text, text.length + 1)).toEqual(records);
        },
      ),
      { numRuns: 15 },
    );
  });
});
