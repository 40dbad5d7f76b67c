import { describe, expect, test } from 'vitest';
import { CachectlError } from '../../../src/base/errors.ts';
import { checkGates, parseGate, parseGates } from '../../../src/gate/parse.ts';

function errorOf(work: () => unknown): CachectlError {
  try {
    work();
  } catch (error) {
    if (error instanceof CachectlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseGate', () => {
  test.each([
    ['latency.p99 < 5ms', undefined, 'latency.p99', '<', 5],
    ['latency.p99<250us', undefined, 'latency.p99', '<', 0.25],
    ['redis:hit_ratio >= 90%', 'redis', 'hit_ratio', '>=', 0.9],
    ['redis.hit_ratio >= 0.9', undefined, 'redis.hit_ratio', '>=', 0.9],
    ['hit_ratio >= 99.9%', undefined, 'hit_ratio', '>=', 0.999],
    ['throughput > 2000/s', undefined, 'throughput', '>', 2000],
    ['throughput > 12k/s', undefined, 'throughput', '>', 12_000],
    ['memory.l1.bytes <= 64MiB', undefined, 'memory.l1.bytes', '<=', 64 * 1024 ** 2],
    ['  all : errors == 0 ', 'all', 'errors', '==', 0],
    ['evictions < 1_000', undefined, 'evictions', '<', 1000],
    ['origin.loads < 12.5k', undefined, 'origin.loads', '<', 12_500],
  ])('%s', (expression, variant, metric, operator, limit) => {
    expect(parseGate(expression, '--gate')).toEqual({
      expression,
      origin: '--gate',
      variant,
      metric,
      operator,
      limit,
    });
  });

  test.each([
    ['latncy.p99 < 5ms', "no metric 'latncy.p99', did you mean 'latency.p99'?"],
    ['latency < 5ms', 'latency.p50, latency.p90'],
    ['rubbish.of.some.kind < 5ms', 'throughput, offered_rate'],
    ['latency.p99 < 5', "'5' has no unit, and latency.p99 is a duration; write 5ms"],
    ['latency.p99 < 90%', "'90%' is not a duration"],
    ['hit_ratio > 90', "'90' is over 1, and hit_ratio is a ratio; write 90%"],
    ['hit_ratio > 190%', 'at most 100 %'],
    ['errors < 5ms', "'5ms' is not a count, and errors is one; write it as 0"],
    ['throughput > 5MiB', "'5MiB' is not a rate"],
    ['memory.l1.bytes < 5ms', "'5ms' is not a size"],
    ['latency.p99 < -5ms', 'never below 0'],
    ['latency.p99 <', 'there is no limit'],
    ['latency.p99 = 5ms', "'=' is not an operator; write =="],
    ['latency.p99 ≤ 5ms', 'write <='],
    ['latency.p99 != 5ms', 'use one of < <= > >= =='],
    ['latency.p99', 'it has no operator'],
    ['   ', 'it is empty'],
    ['< 5ms', 'no metric before the operator'],
    [':latency.p99 < 5ms', "no variant before ':'"],
    ['latency.p99 < 5ms < 6ms', "'5ms < 6ms' is not a duration"],
  ])('%s is refused', (expression, message) => {
    const error = errorOf(() => parseGate(expression, '--gate'));
    expect(error.code).toBe('BAD_GATE');
    expect(error.message).toContain(message);
    expect(error.message).toContain(`'${expression}'`);
    expect(error.hint).toContain('latency.p99 < 5ms');
  });
});

test('all wrong gates are reported at once, each at its place', () => {
  const error = errorOf(() =>
    parseGates([
      { expression: 'latency.p99 < 5', origin: 'scenarios/quickstart.yaml:31' },
      { expression: 'errors == 0', origin: '--gate' },
      { expression: 'nonsense', origin: '--gate' },
    ]),
  );
  expect(error.message).toBe('2 gates are wrong');
  expect(error.problems).toMatchObject([
    { file: 'scenarios/quickstart.yaml', line: 31 },
    { key: '--gate', message: "gate 'nonsense': it has no operator" },
  ]);
});

describe('checkGates', () => {
  const gates = parseGates(
    ['rediss:errors == 0', 'all:errors == 0', 'errors == 0', 'x:errors == 0'].map((expression) => ({
      expression,
      origin: '--gate',
    })),
  );

  test('refuses every gate on a variant that the run has not', () => {
    const error = errorOf(() => checkGates(gates, ['redis', 'all']));
    expect(error.problems.map((problem) => problem.message)).toEqual([
      "gate 'rediss:errors == 0': there is no variant 'rediss', did you mean 'redis'? (there are: redis, all)",
      expect.stringContaining("there is no variant 'x'"),
    ]);
  });

  test('takes gates on known variants and on the main one', () => {
    expect(() => checkGates(gates, ['rediss', 'all', 'x'])).not.toThrow();
  });
});
