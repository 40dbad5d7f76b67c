import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceBatch } from '../../../../src/workload/traces/batch.ts';
import { TraceDecoder } from '../../../../src/workload/traces/decoder.ts';
import { describeTrace, type TraceDescription } from '../../../../src/workload/traces/describe.ts';
import { TRACE_FORMATS, type TraceFormatName } from '../../../../src/workload/traces/formats.ts';
import { SizeCounts } from '../../../../src/workload/traces/size-counts.ts';
import { TraceTally } from '../../../../src/workload/traces/tally.ts';

async function describeText(format: TraceFormatName, text: string): Promise<TraceDescription> {
  const decoder = new TraceDecoder(TRACE_FORMATS[format], new TraceTally('t', 0));
  async function* batches(): AsyncGenerator<TraceBatch> {
    yield* decoder.push(Buffer.from(text));
    yield* decoder.end();
  }
  return describeTrace(batches());
}

test('of a trace with everything', async () => {
  const text =
    '5,a,1,10,1,set,60\n5,b,1,0,1,get,0\n7,a,1,30,2,get,0\n9,c,1,5,2,set,30\n8,a,1,20,2,delete,0\n';
  expect(await describeText('twitter', text)).toEqual({
    requests: 5,
    distinctKeys: 3,
    durationMs: 4000,
    operations: { get: 2, 'multi-get': 0, set: 2, delete: 1, incr: 0, touch: 0 },
    keyBytes: { count: 5, min: 1, mean: 1, median: 1, p99: 1, max: 1 },
    valueBytes: { count: 5, min: 0, mean: 13, median: 10, p99: 30, max: 30 },
    ttlSeconds: { count: 2, min: 30, mean: 45, median: 30, p99: 60, max: 60 },
    reuse: 0.4,
    singleUseKeys: 2,
    footprintBytes: 3 + 30 + 5,
  });
});

test('of a list of keys, and of nothing', async () => {
  expect(await describeText('keys', 'a\nbb\na\n')).toMatchObject({
    requests: 3,
    durationMs: undefined,
    valueBytes: undefined,
    ttlSeconds: undefined,
    footprintBytes: 3,
  });
  expect(await describeText('keys', '')).toMatchObject({ requests: 0, distinctKeys: 0, reuse: 0 });
});

test('counts as sets and maps do, with more keys than there is room for at first', async () => {
  const keys = fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 6000, size: 'max' });
  await fc.assert(
    fc.asyncProperty(keys, async (drawn) => {
      const text = drawn.map((key, i) => `0,${key},0,${(key * 31 + i) % 100},,get,0\n`).join('');
      const largest = new Map<number, number>();
      const uses = new Map<number, number>();
      for (const [i, key] of drawn.entries()) {
        largest.set(key, Math.max(largest.get(key) ?? 0, (key * 31 + i) % 100));
        uses.set(key, (uses.get(key) ?? 0) + 1);
      }
      expect(await describeText('twitter', text)).toMatchObject({
        distinctKeys: uses.size,
        reuse: (drawn.length - uses.size) / drawn.length,
        singleUseKeys: [...uses.values()].filter((count) => count === 1).length,
        footprintBytes: [...largest.values()].reduce((sum, bytes) => sum + bytes, 0),
      });
    }),
    { numRuns: 20 },
  );
});

test('quantiles are those of the sorted sizes, small and large ones', () => {
  const size = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 65_000, max: 66_000 }), fc.constant(0.5));
  fc.assert(
    fc.property(fc.array(size, { minLength: 1 }), (sizes) => {
      const counts = new SizeCounts();
      for (const one of [...sizes, Number.NaN]) counts.add(one);
      const sorted = sizes.toSorted((a, b) => a - b);
      expect(counts.summary()).toMatchObject({
        count: sizes.length,
        min: sorted[0],
        median: sorted[Math.ceil(sizes.length * 0.5) - 1],
        p99: sorted[Math.ceil(sizes.length * 0.99) - 1],
        max: sorted.at(-1),
      });
    }),
  );
});
