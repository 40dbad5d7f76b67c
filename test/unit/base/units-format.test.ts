import { expect, test } from 'vitest';
import { formatCount, formatDuration, formatRate, formatRatio, parseRatio } from '../../../src/base/units.ts';

test.each([
  [9.996, '10.0 ms'],
  [99.96, '100 ms'],
  [0.9999, '1.00 ms'],
  [999.7, '1.00 s'],
  [0.0009999, '1.00 µs'],
  [0.000417, '417 ns'],
])('a duration is rounded before its unit is chosen: %d ms', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a count is rounded before its prefix is chosen', () => {
  expect(formatCount(999_999)).toBe('1.00 M');
  expect(formatCount(9999)).toBe('9999');
});

test.each([
  [12_345, '12.3 k/s'],
  [4000.4, '4000/s'],
  [412.04, '412/s'],
  [0.5, '0.50/s'],
  [Number.NaN, '–'],
])('a rate: %d', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  [1, '100 %'],
  [0.99999, '>99.99 %'],
  [0.9997, '99.97 %'],
  [0.973, '97.3 %'],
  [0.0042, '0.42 %'],
  [0.00001, '<0.01 %'],
  [0, '0 %'],
])('a ratio is 0 or 100 %% only when it is: %d', (ratio, text) => {
  expect(formatRatio(ratio)).toBe(text);
});

test('a percentage is the very fraction that a division gives', () => {
  expect(parseRatio('99.9%')).toBe(999 / 1000);
  expect(parseRatio('95.7 %')).toBe(957 / 1000);
});
