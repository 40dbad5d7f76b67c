import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { Bijection } from '../../../../src/workload/bijection.ts';
import { ZipfianKeys, ZipfianRanks } from '../../../../src/workload/distributions/zipfian.ts';
import { chiSquarePerDegree } from '../../statistics.ts';

const DRAWS = 2_000_000;
const RANKS = 5000;

/** Weights of ranks 1 to n, adding up to 1. */
function zipfWeights(ranks: number, exponent: number): Float64Array {
  const weights = Float64Array.from({ length: ranks }, (_, i) => (i + 1) ** -exponent);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function fitOfRanks(draw: () => number, exponent: number, draws = DRAWS, ranks = RANKS): number {
  const counts = new Uint32Array(ranks);
  for (let i = 0; i < draws; i++) counts[draw() - 1]!++;
  const weights = zipfWeights(ranks, exponent);
  return chiSquarePerDegree(counts, (i) => weights[i]!);
}

const newRanks = (exponent: number, ranks = RANKS, seed = 1): (() => number) => {
  const source = new ZipfianRanks(ranks, exponent, seededRandom(seed));
  return () => source.next();
};

/** The generator of YCSB (after Gray et al., 1994), which is inexact from rank 3 on. */
function grayRanks(exponent: number): () => number {
  const random = seededRandom(1);
  const zeta = (n: number): number =>
    Array.from({ length: n }, (_, i) => (i + 1) ** -exponent).reduce((sum, term) => sum + term, 0);
  const all = zeta(RANKS);
  const eta = (1 - (2 / RANKS) ** (1 - exponent)) / (1 - zeta(2) / all);
  return () => {
    const draw = random.next();
    if (draw * all < 1) return 1;
    if (draw * all < 1 + 0.5 ** exponent) return 2;
    return 1 + Math.floor(RANKS * (eta * draw - eta + 1) ** (1 / (1 - exponent)));
  };
}

describe('zipfian ranks', () => {
  test.each([0.5, 0.99, 1, 1.4])('fit the distribution with exponent %d', (exponent) => {
    const fit = fitOfRanks(newRanks(exponent), exponent);
    expect(fit).toBeGreaterThan(0.9);
    expect(fit).toBeLessThan(1.1);
  });

  test.each([0.01, 0.999_999_999, 1.000_000_001, 3, 8])('fit with the unusual exponent %d', (exponent) => {
    const fit = fitOfRanks(newRanks(exponent, 40), exponent, 200_000, 40);
    expect(fit).toBeLessThan(2);
  });

  test('the test sees a wrong generator', () => {
    expect(fitOfRanks(grayRanks(0.99), 0.99)).toBeGreaterThan(1.5);
    expect(fitOfRanks(newRanks(0.98), 0.99)).toBeGreaterThan(1.1);
  });

  test('a steep distribution is nearly one rank', () => {
    const draw = newRanks(20);
    let others = 0;
    for (let i = 0; i < 100_000; i++) others += Number(draw() !== 1);
    expect(others).toBeLessThan(3);
  });

  test('one rank is always drawn, two in their proportion', () => {
    const single = newRanks(1, 1);
    expect([single(), single(), single()]).toEqual([1, 1, 1]);
    expect(fitOfRanks(newRanks(1, 2), 1, 100_000, 2)).toBeLessThan(6);
  });

  test('covers the largest keyspace', () => {
    const draw = newRanks(0.5, 2 ** 32);
    let largest = 0;
    for (let i = 0; i < 1000; i++) largest = Math.max(largest, draw());
    expect(largest).toBeLessThanOrEqual(2 ** 32);
    expect(largest).toBeGreaterThan(2 ** 31);
  });

  test.each([0, -1, Number.NaN, Infinity])('refuses the exponent %d', (exponent) =>
    expect(() => newRanks(exponent)).toThrow(/exponent is .*, expected a number over 0/),
  );
});

const newKeys = (layoutSeed: number, drawSeed: number): ZipfianKeys =>
  new ZipfianKeys(RANKS, 0.99, seededRandom(layoutSeed), seededRandom(drawSeed));

const take = (keys: ZipfianKeys): number[] => Array.from({ length: 8 }, () => keys.next());

function hottest(keys: ZipfianKeys): number {
  const counts = new Uint32Array(RANKS);
  for (let i = 0; i < 20_000; i++) counts[keys.next()]!++;
  return counts.indexOf(Math.max(...counts));
}

describe('zipfian keys', () => {
  test('give each key the weight of the rank that is sent to it', () => {
    const keys = newKeys(7, 1);
    const counts = new Uint32Array(RANKS);
    for (let i = 0; i < DRAWS; i++) counts[keys.next()]!++;
    const scatter = new Bijection(RANKS, seededRandom(7));
    const byRank = counts.map((_, rank) => counts[scatter.map(rank)]!);
    const weights = zipfWeights(RANKS, 0.99);
    const fit = chiSquarePerDegree(byRank, (i) => weights[i]!);
    expect(fit).toBeGreaterThan(0.9);
    expect(fit).toBeLessThan(1.1);
  });

  test('come in the same sequence from the same seeds', () => {
    expect(take(newKeys(7, 1))).toEqual(take(newKeys(7, 1)));
    expect(take(newKeys(7, 1))).not.toEqual(take(newKeys(7, 2)));
    expect(take(newKeys(7, 1))).toEqual([1858, 1745, 3497, 2298, 2654, 1344, 3538, 206]);
  });

  test('have the same hot key with the same layout, another with another', () => {
    expect(hottest(newKeys(7, 1))).toBe(hottest(newKeys(7, 2)));
    expect(hottest(newKeys(7, 1))).not.toBe(hottest(newKeys(8, 1)));
  });

  test('name their hottest keys in the order of how often they come', () => {
    const keys = newKeys(7, 1);
    const counts = new Uint32Array(RANKS);
    for (let i = 0; i < 200_000; i++) counts[keys.next()]!++;
    const byCount = Array.from(counts.keys()).toSorted((a, b) => counts[b]! - counts[a]!);
    expect(keys.hottest(4)).toEqual(byCount.slice(0, 4));
  });
});
