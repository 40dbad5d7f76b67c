import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { decodeLatencies } from '../../../src/results/histogram.ts';

function encode(values: readonly (readonly [nanoseconds: number, count: number])[]): string {
  const histogram = build({
    highestTrackableValue: 3.6e12,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  for (const [value, count] of values) histogram.recordValueWithCount(value, count);
  return encodeIntoCompressedBase64(histogram);
}

test('latencies come back in order, to three digits, with their counts', () => {
  const decoded = decodeLatencies(
    encode([
      [2_000_000, 5],
      [1_500, 5_000_000_000],
      [90_000_000_000, 1],
    ]),
  );
  expect(decoded.map(({ count }) => count)).toEqual([5_000_000_000, 5, 1]);
  [0.0015, 2, 90_000].forEach((ms, index) => {
    expect(Math.abs((decoded[index]?.ms ?? 0) / ms - 1)).toBeLessThan(0.001);
  });
});

test('an empty histogram has no latencies', () => {
  expect(decodeLatencies(encode([]))).toEqual([]);
});

test.each(['', 'AAAA', '%%%', encode([[1_000, 1]]).slice(0, 20)])('damage is named: %s', (encoded) => {
  expect(() => decodeLatencies(encoded)).toThrow(expect.objectContaining({ code: 'BAD_RESULT' }));
});
