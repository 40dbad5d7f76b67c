import { assert, double, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCount,
  formatDuration,
  formatRatio,
  formatSize,
  parseDuration,
  parseRate,
  parseRatio,
  parseSize,
} from '../../../src/base/units.ts';

const HUGE = '9'.repeat(400);

describe('parsing', () => {
  test.each([
    ['250ms', 250],
    ['1.5s', 1500],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['15 min', 900_000],
    ['2d', 172_800_000],
    ['5us', 0.005],
    ['5µs', 0.005],
    ['5μs', 0.005],
    ['40ns', 0.00004],
    ['1_000ms', 1000],
    [' 3s ', 3000],
  ])('duration %s', (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 9));

  test.each(['', '5', '-5s', '5 fortnights', '1m30', 's', '1.s', '.5s', '1 5s', '5S', `${HUGE}s`])(
    'no duration: %j',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );

  test.each([
    ['512', 512],
    ['64KiB', 65_536],
    ['64k', 65_536],
    ['1.5 MB', 1_500_000],
    ['2g', 2 ** 31],
    ['1 TiB', 2 ** 40],
    ['1_000 b', 1000],
  ])('size %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'KiB', '-1', '5 apples', '5 constructor', '1.2.3', HUGE])('no size: %j', (text) =>
    expect(parseSize(text)).toBeUndefined(),
  );

  test.each([
    ['2000/s', 2000],
    ['120k/min', 2000],
    ['500', 500],
    ['1.5M / s', 1_500_000],
    ['7200/h', 2],
  ])('rate %s', (text, perSecond) => expect(parseRate(text)).toBe(perSecond));

  test.each(['', '/s', '5/day', '5/constructor', '-5/s', '5 G/s', HUGE])('no rate: %j', (text) =>
    expect(parseRate(text)).toBeUndefined(),
  );

  test.each([
    ['95%', 0.95],
    ['0.95', 0.95],
    ['150 %', 1.5],
    ['1', 1],
    ['0', 0],
  ])('ratio %s', (text, ratio) => expect(parseRatio(text)).toBe(ratio));

  test.each(['', '1.01', '-5%', 'half', `${HUGE}%`])('no ratio: %j', (text) =>
    expect(parseRatio(text)).toBeUndefined(),
  );
});

describe('formatting', () => {
  test.each([
    [0, '0'],
    [0.000_000_4, '0.40 ns'],
    [0.000_1, '100 ns'],
    [0.000_417_3, '417 ns'],
    [0.000_999_6, '1.00 µs'],
    [0.038_2, '38.2 µs'],
    [0.009_996, '10.0 µs'],
    [0.999_6, '1.00 ms'],
    [1.2, '1.20 ms'],
    [99.96, '100 ms'],
    [999.6, '1.00 s'],
    [2500, '2.50 s'],
    [119_000, '119 s'],
    [119_990, '2.00 min'],
    [7_199_900, '2.00 h'],
    [1e9, '278 h'],
    [-5, '-5.00 ms'],
    [Number.NaN, '–'],
    [Infinity, '–'],
  ])('duration %d ms', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023.6, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [1024 ** 2 - 1, '1.00 MiB'],
    [64 * 1024 ** 2, '64.0 MiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
    [-2048, '-2.00 KiB'],
    [Number.NaN, '–'],
  ])('size %d B', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test.each([
    [0, '0'],
    [789, '789'],
    [9999, '9999'],
    [12_345, '12.3 k'],
    [999_999, '1.00 M'],
    [4_560_000, '4.56 M'],
    [2.345_6, '2.35'],
    [-789, '-789'],
    [Number.NaN, '–'],
  ])('count %d', (count, text) => expect(formatCount(count)).toBe(text));

  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.973, '97.3 %'],
    [0.9997, '99.97 %'],
    [0.999_999, '>99.99 %'],
    [0.000_4, '0.04 %'],
    [0.000_01, '<0.01 %'],
    [1.5, '150.00 %'],
    [-0.05, '-5.0 %'],
    [Number.NaN, '–'],
  ])('ratio %d', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  test('what is written can be read back, to three digits', () => {
    assert(
      property(double({ min: 1e-6, max: 1e9, noNaN: true }), (ms) => {
        expect((parseDuration(formatDuration(ms)) ?? 0) / ms).toBeCloseTo(1, ms < 1e-4 ? 0 : 1.9);
      }),
    );
    assert(
      property(integer({ min: 1, max: 2 ** 50 }), (bytes) => {
        expect((parseSize(formatSize(bytes)) ?? 0) / bytes).toBeCloseTo(1, 1.9);
      }),
    );
  });
});
