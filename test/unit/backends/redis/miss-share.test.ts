import { expect, test } from 'vitest';
import { MissShare } from '../../../../src/backends/redis/miss-share.ts';

function after(...looks: readonly (readonly [misses: number, looks: number])[]): number {
  const share = new MissShare();
  for (const [misses, all] of looks) share.note(misses, all);
  return share.value;
}

test('begins as if all were missed, and comes to what is seen', () => {
  expect(after()).toBe(1);
  expect(after([0, 0])).toBe(1);
  expect(after([250, 1000])).toBeCloseTo(0.25, 6);
  expect(after([0, 1000], [1000, 1000])).toBeCloseTo(1, 6);
});

test('it is the same whether looks are noted one by one or together', () => {
  const oneByOne = after(...Array.from({ length: 40 }, () => [0, 1] as const));
  expect(oneByOne).toBeCloseTo(after([0, 40]), 9);
  expect(oneByOne).toBeCloseTo(Math.exp(-40 / 32), 9);
});
