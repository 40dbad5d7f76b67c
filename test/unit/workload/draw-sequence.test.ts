import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { KeyDistributionSpec } from '../../../src/workload/distributions.ts';
import { BLOCK_OPERATIONS, DrawSequence, type DrawShare } from '../../../src/workload/draw-sequence.ts';
import type { OperationShares } from '../../../src/workload/operations.ts';
import { chiSquarePerDegree } from '../statistics.ts';

const operations: OperationShares = {
  getOrLoad: 0.7,
  get: 0,
  multiGet: 0,
  set: 0.2,
  delete: 0.1,
  touch: 0,
  incr: 0,
};

const SPACES: readonly KeyDistributionSpec[] = [
  { distribution: 'zipfian', keys: 5000, exponent: 0.99 },
  { distribution: 'latest', keys: 5000, exponent: 0.99 },
  { distribution: 'sequential', keys: 5000 },
  { distribution: 'shifting', keys: 5000, exponent: 0.99, everyOperations: 700, step: 0.1 },
];

/** `index operation key` of the operations that fall into the first blocks of the run. */
function drawn(keyspace: KeyDistributionSpec, blocks: number, share: DrawShare, seed = 1): string[] {
  const sequence = new DrawSequence({ keyspace, operations }, seededRandom(seed), share);
  const lines: string[] = [];
  for (;;) {
    const operation = sequence.nextOperation();
    if (sequence.index >= blocks * BLOCK_OPERATIONS) return lines;
    lines.push(`${sequence.index} ${operation} ${sequence.nextKey()}`);
  }
}

const byIndex = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);

describe.each(SPACES)('sequence of draws, $distribution', (keyspace) => {
  test('operation k of the run is the same at any number of instances', () => {
    const whole = drawn(keyspace, 12, { index: 0, count: 1 });
    expect(whole).toHaveLength(12 * BLOCK_OPERATIONS);
    for (const count of [2, 3, 5, 12]) {
      const shares = Array.from({ length: count }, (_, index) => drawn(keyspace, 12, { index, count }));
      expect(shares.flat().sort(byIndex)).toEqual(whole);
    }
  });

  test('an operation that takes several keys changes none of the next block', () => {
    const sequence = new DrawSequence({ keyspace, operations }, seededRandom(1));
    for (let i = 0; i < BLOCK_OPERATIONS; i++) {
      sequence.nextOperation();
      for (let nth = 0; nth < 3; nth++) sequence.nextKey();
    }
    const next = `${BLOCK_OPERATIONS} ${sequence.nextOperation()} ${sequence.nextKey()}`;
    expect(next).toBe(drawn(keyspace, 2, { index: 0, count: 1 })[BLOCK_OPERATIONS]);
  });
});

test('a share of another seed has other draws', () => {
  const [keyspace] = SPACES as [KeyDistributionSpec];
  assert(
    property(integer({ min: 0, max: 9 }), constantFrom(1, 10), (index, count) => {
      const share = { index: index % count, count };
      expect(drawn(keyspace, 10, share, 1)).not.toEqual(drawn(keyspace, 10, share, 2));
    }),
    { seed: 1, numRuns: 5 },
  );
});

test('what follows the border of a block is as likely as anywhere else', () => {
  const keyspace = { distribution: 'uniform', keys: 50 } as const;
  const sequence = new DrawSequence({ keyspace, operations }, seededRandom(3));
  const counts = new Uint32Array(50);
  for (let index = 0; index < 20_000 * 64; index++) {
    sequence.nextOperation();
    const key = sequence.nextKey();
    if (index % BLOCK_OPERATIONS < 16) counts[key]!++;
  }
  const fit = chiSquarePerDegree(counts, () => 1 / 50);
  expect(fit).toBeGreaterThan(0.5);
  expect(fit).toBeLessThan(1.6);
});

test.each<[DrawShare, string]>([
  [{ index: 0, count: 0 }, 'number of instances is 0, expected a number from 1 to 65536'],
  [{ index: 3, count: 3 }, 'index of the instance is 3, expected a number from 0 to 2'],
  [{ index: -1, count: 3 }, 'index of the instance is -1, expected a number from 0 to 2'],
])('refuses the share %j', (share, message) => {
  const [keyspace] = SPACES as [KeyDistributionSpec];
  expect(() => new DrawSequence({ keyspace, operations }, seededRandom(1), share)).toThrow(message);
});
