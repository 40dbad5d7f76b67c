import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { TracedValues } from '../../../src/workload/traced-values.ts';
import { verifyValue } from '../../../src/workload/values.ts';

const values = (): TracedValues =>
  new TracedValues(10, { distribution: 'fixed', bytes: 64 }, seededRandom(1));

test('a value is as large as the trace said last', () => {
  const traced = values();
  traced.tellSize(3, 500);
  traced.tellSize(3, 700);
  expect(traced.make(3, 1).byteLength).toBe(700);
  expect(verifyValue(traced.make(3, 1), 3)).toBe('ok');
});

test.for([Number.NaN, 0])('a size of %s tells nothing', (bytes) => {
  const traced = values();
  traced.tellSize(3, bytes);
  expect(traced.sizeOf(3)).toBe(64);
  traced.tellSize(3, 500);
  traced.tellSize(3, bytes);
  expect(traced.sizeOf(3)).toBe(500);
});

test('a size below the header holds, too, and the value can still be recognized', () => {
  const traced = values();
  traced.tellSize(0, 1);
  expect(traced.sizeOf(0)).toBe(1);
  expect(verifyValue(traced.make(0, 7), 0)).toBe('ok');
});

test('a time to live is that of the last write, which may have had none', () => {
  const traced = values();
  expect(traced.ttlMsOf(1)).toBeUndefined();
  traced.tellTtl(1, 30);
  expect(traced.ttlMsOf(1)).toBe(30_000);
  traced.tellTtl(1, Number.NaN);
  expect(traced.ttlMsOf(1)).toBeUndefined();
});
