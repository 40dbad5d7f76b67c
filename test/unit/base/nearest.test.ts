import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../../src/base/nearest.ts';

const KNOWN = ['uniform', 'zipfian', 'get', 'set', 'l1', 'hitRatio'];

test.each([
  ['zipfain', 'zipfian'],
  ['Uniform', 'uniform'],
  ['gte', 'get'],
  ['hitratio', 'hitRatio'],
  ['poisson', undefined],
  ['xy', undefined],
  ['q', undefined],
  ['', undefined],
])('nearest to %j is %j', (name, expected) => expect(nearest(name, KNOWN)).toBe(expected));

test('nothing is near when nothing is known', () => expect(nearest('get', [])).toBeUndefined());

test('didYouMean is empty or can be appended', () => {
  expect(didYouMean('zipfain', KNOWN)).toBe(`, did you mean 'zipfian'?`);
  expect(didYouMean('poisson', KNOWN)).toBe('');
});
