import { seededRandom } from '../../src/base/random.ts';
import { Bijection } from '../../src/workload/bijection.ts';
import type { KeyDistributionSpec } from '../../src/workload/distributions.ts';
import { DrawSequence } from '../../src/workload/draw-sequence.ts';
import type { OperationShares } from '../../src/workload/operations.ts';

/** A distribution, and what must come of it, computed in another way than it is drawn. */
export interface DistributionCase {
  readonly name: string;
  readonly spec: KeyDistributionSpec;
  /** Probability of each rank, before they are scattered; need not add up to 1. */
  readonly weights: Float64Array;
  /** The rank of a key that was drawn when so many operations and so many writes came before. */
  readonly rankOf: (key: number, index: number, written: number) => number;
}

export const READS_AND_WRITES: OperationShares = {
  getOrLoad: 0.9,
  get: 0,
  multiGet: 0,
  set: 0.1,
  delete: 0,
  touch: 0,
  incr: 0,
};

/** One case at least for each distribution. */
export function distributionCases(keys: number, seed: number): readonly DistributionCase[] {
  const places = new Uint32Array(keys);
  const scatter = new Bijection(keys, seededRandom(seed).fork('layout'));
  for (let rank = 0; rank < keys; rank++) places[scatter.map(rank)] = rank;
  const scattered = (key: number): number => places[key]!;
  const inPlace = (key: number): number => key;
  const of = (weight: (rank: number) => number): Float64Array =>
    Float64Array.from({ length: keys }, (_, rank) => weight(rank));
  const zipf = (exponent: number): Float64Array => of((rank) => (rank + 1) ** -exponent);
  const everyOperations = 12_345.5;
  const slope = -Math.log(1 - 0.95) / (0.4 * keys);
  const table = { groups: [1, 3, 10, 86.5], weights: [10, 5, 0, 85] };
  return [
    { name: 'uniform', spec: { distribution: 'uniform', keys }, weights: of(() => 1), rankOf: inPlace },
    ...[0.3, 0.7, 0.99, 1, 1.5].map((exponent) => ({
      name: `zipfian ${exponent}`,
      spec: { distribution: 'zipfian' as const, keys, exponent },
      weights: zipf(exponent),
      rankOf: scattered,
    })),
    ...[0.02, 0.15, 1].map((sigma) => ({
      name: `gaussian ${sigma}`,
      spec: { distribution: 'gaussian' as const, keys, sigma },
      weights: of((key) => integral(key, key + 1, (x) => Math.exp(-(((x / keys - 0.5) / sigma) ** 2) / 2))),
      rankOf: inPlace,
    })),
    {
      name: 'hotspot',
      spec: { distribution: 'hotspot', keys, hotKeys: 0.2, hotDraws: 0.8 },
      weights: of((rank) => (rank < 0.2 * keys ? 0.8 / 0.2 : 0.2 / 0.8)),
      rankOf: scattered,
    },
    {
      name: 'latest',
      spec: { distribution: 'latest', keys, exponent: 0.99 },
      weights: zipf(0.99),
      rankOf: (key, _index, written) => (((written - 1 - key) % keys) + keys) % keys,
    },
    {
      name: 'exponential',
      spec: { distribution: 'exponential', keys, hotKeys: 0.4, hotDraws: 0.95 },
      weights: of((rank) => Math.exp(-slope * rank)),
      rankOf: scattered,
    },
    {
      name: 'shifting',
      spec: { distribution: 'shifting', keys, exponent: 0.99, everyOperations, step: 0.1 },
      weights: zipf(0.99),
      rankOf: (key, index) => {
        const moved = Math.floor(index / everyOperations) * Math.round(keys / 10);
        return (((scattered(key) - moved) % keys) + keys) % keys;
      },
    },
    {
      name: 'popularity',
      spec: { distribution: 'popularity', keys, table },
      weights: popularity(keys, table),
      rankOf: scattered,
    },
  ];
}

/** How often each rank was drawn by the reads among so many operations of a run. */
export function countRanks(
  { spec, rankOf }: DistributionCase,
  seed: number,
  operations: number,
): Uint32Array {
  const counts = new Uint32Array(spec.keys);
  const sequence = new DrawSequence({ keyspace: spec, operations: READS_AND_WRITES }, seededRandom(seed));
  let written = 0;
  for (let index = 0; index < operations; index++) {
    const writes = sequence.nextOperation() === 'set';
    const key = sequence.nextKey();
    if (writes && spec.distribution === 'latest') written++;
    else counts[rankOf(key, index, written)]!++;
  }
  return counts;
}

/** Simpson's rule, exact enough for the small steps that are taken here. */
function integral(from: number, to: number, height: (x: number) => number): number {
  return ((to - from) / 6) * (height(from) + 4 * height((from + to) / 2) + height(to));
}

/** Each group is spread over its part of the keys, some of which it shares with its neighbours. */
function popularity(
  keys: number,
  table: { groups: readonly number[]; weights: readonly number[] },
): Float64Array {
  const weights = new Float64Array(keys);
  const stretch = keys / table.groups.reduce((sum, size) => sum + size, 0);
  let begin = 0;
  for (const [group, size] of table.groups.entries()) {
    const end = begin + size * stretch;
    for (let key = Math.floor(begin); key < Math.min(keys, end); key++) {
      const overlap = Math.min(end, key + 1) - Math.max(begin, key);
      weights[key]! += (overlap / (end - begin)) * table.weights[group]!;
    }
    begin = end;
  }
  return weights;
}
