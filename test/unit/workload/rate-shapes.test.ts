import { assert, constantFrom, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { createPacer } from '../../../src/workload/arrivals.ts';
import { meanRate } from '../../../src/workload/rate-curve.ts';
import {
  createRateCurve,
  delayed,
  RATE_FORMS,
  type RateForm,
  type RateShape,
} from '../../../src/workload/rate-shapes.ts';
import { kolmogorovSmirnov } from '../statistics.ts';

const STAGES = [
  { durationMs: 1000, rate: 100 },
  { durationMs: 500, rate: 0 },
  { durationMs: 500, rate: 400 },
];

/** A usual shape of each form; a new one is added here. */
const SHAPES: { readonly [F in RateForm]: Extract<RateShape, { form: F }> } = {
  constant: { form: 'constant' },
  burst: { form: 'burst', burstRate: 1000, periodMs: 2000, duty: 0.25 },
  sine: { form: 'sine', amplitude: 1, periodMs: 4000 },
  ramp: { form: 'ramp', toRate: 500, overMs: 5000 },
  stages: { form: 'stages', stages: STAGES },
};
const RATE = 200;
const forms = Object.keys(RATE_FORMS) as RateForm[];

/** Arrivals expected at each of these times, computed by hand. */
test.each<[string, RateShape, number, readonly (readonly [ms: number, count: number])[]]>([
  [
    'constant',
    SHAPES.constant,
    200,
    [
      [0, 0],
      [5, 1],
      [1000, 200],
    ],
  ],
  [
    'burst',
    SHAPES.burst,
    200,
    [
      [0, 0],
      [250, 250],
      [500, 500],
      [1000, 600],
      [2000, 800],
      [2500, 1300],
      [4000, 1600],
    ],
  ],
  [
    'burst with nothing between',
    SHAPES.burst,
    0,
    [
      [499, 499],
      [2100, 600],
    ],
  ],
  [
    'burst without end',
    { ...SHAPES.burst, duty: 1 },
    200,
    [
      [2000, 2000],
      [3000, 3000],
    ],
  ],
  [
    'sine',
    { ...SHAPES.sine, amplitude: 0.5 },
    200,
    [
      [0, 0],
      [1000, 200 + 200 / Math.PI],
      [2000, 400 + 400 / Math.PI],
      [4000, 800],
      [8000, 1600],
    ],
  ],
  [
    'ramp up',
    SHAPES.ramp,
    100,
    [
      [0, 0],
      [2500, 500],
      [5000, 1500],
      [6000, 2000],
    ],
  ],
  [
    'ramp from 0',
    SHAPES.ramp,
    0,
    [
      [1000, 50],
      [5000, 1250],
    ],
  ],
  [
    'ramp down',
    { ...SHAPES.ramp, toRate: 100 },
    300,
    [
      [2500, 625],
      [5000, 1000],
      [6000, 1100],
    ],
  ],
  [
    'level ramp',
    { ...SHAPES.ramp, toRate: 100 },
    100,
    [
      [2500, 250],
      [7500, 750],
    ],
  ],
  [
    'stages',
    SHAPES.stages,
    1,
    [
      [500, 50],
      [1500.1, 100.04],
      [2000, 300],
      [3000, 700],
    ],
  ],
])('%s', (_name, shape, rate, expected) => {
  const curve = createRateCurve(rate, shape);
  for (const [ms, count] of expected) {
    expect(curve.countUntil(ms)).toBeCloseTo(count, 9);
    expect(curve.timeOf(count)).toBeCloseTo(ms, 9);
  }
});

test('in a stage without arrivals nothing is due, and in a last one of them never again', () => {
  const curve = createRateCurve(1, SHAPES.stages);
  expect([curve.timeOf(99.9), curve.timeOf(100)]).toEqual([999, 1500]);
  const ending = createRateCurve(1, { form: 'stages', stages: STAGES.slice(0, 2) });
  expect([ending.timeOf(99.9), ending.timeOf(100)]).toEqual([999, Infinity]);
});

describe.each(forms)('form of a rate: %s', (form) => {
  const curve = createRateCurve(RATE, SHAPES[form]);

  test('time and count are each the inverse of the other, and never fall', () => {
    assert(
      property(
        double({ min: 0, max: 1e7, noNaN: true }),
        double({ min: 0, max: 100, noNaN: true }),
        (count, more) => {
          const [first, second] = [curve.timeOf(count), curve.timeOf(count + more)];
          expect(second).toBeGreaterThanOrEqual(first - 1e-9);
          expect(Math.abs(curve.countUntil(first) - count)).toBeLessThan(1e-6 + count * 1e-12);
        },
      ),
      { seed: 1 },
    );
  });

  test('Poisson arrivals keep to it: the counts between them are exponentially distributed', () => {
    const pacer = createPacer('poisson', curve, seededRandom(3));
    const due = Array.from({ length: 50_000 }, () => pacer.nextDueMs());
    expect(due.findIndex((ms, i) => i > 0 && ms < due[i - 1]!)).toBe(-1);
    const gaps = due.map((ms, i) => curve.countUntil(ms) - curve.countUntil(due[i - 1] ?? 0));
    expect(kolmogorovSmirnov(gaps, (gap) => 1 - Math.exp(-gap))).toBeLessThan(1.63);
  });

  test('evenly spaced arrivals keep to it: after each there is one more than before', () => {
    const pacer = createPacer('constant', curve, seededRandom(3));
    const off = Array.from({ length: 20_000 }, (_, sent) =>
      Math.abs(curve.countUntil(pacer.nextDueMs()) - sent),
    );
    expect(Math.max(...off)).toBeLessThan(1e-6);
  });

  test('its first rate is kept for as long as it is delayed', () => {
    const late = delayed(curve, 3000);
    const before = late.countUntil(3000);
    expect(before).toBeCloseTo(3 * meanRate(curve, 0, 0), 6);
    expect(late.timeOf(before / 3)).toBeCloseTo(1000, 6);
    expect(late.timeOf(before + 77)).toBeCloseTo(3000 + curve.timeOf(77), 6);
    expect(late.countUntil(4321)).toBeCloseTo(before + curve.countUntil(1321), 6);
    expect(delayed(curve, 0)).toBe(curve);
  });
});

test('arrivals in a ten-second window follow the shape: a chi-square over its bins', () => {
  const curve = createRateCurve(2000, { form: 'sine', amplitude: 0.8, periodMs: 10_000 });
  const pacer = createPacer('poisson', curve, seededRandom(8));
  const bins = new Uint32Array(50);
  for (let ms = pacer.nextDueMs(); ms < 10_000; ms = pacer.nextDueMs()) bins[Math.floor(ms / 200)]!++;
  const square = (flat: boolean): number =>
    bins.reduce((sum, count, bin) => {
      const expected = flat ? 400 : curve.countUntil((bin + 1) * 200) - curve.countUntil(bin * 200);
      return sum + (count - expected) ** 2 / expected;
    }, 0) / bins.length;
  expect(square(false)).toBeLessThan(1.6);
  expect(square(true)).toBeGreaterThan(10);
});

test('the mean over a part is that of the part', () => {
  const burst = createRateCurve(200, SHAPES.burst);
  expect(meanRate(burst, 0, 2000)).toBeCloseTo(400, 9);
  expect(meanRate(burst, 500, 2000)).toBeCloseTo(200, 9);
  expect(meanRate(burst, 250, 750)).toBeCloseTo(600, 9);
});

test('any sine can be followed, also where its rate touches 0', () => {
  assert(
    property(
      constantFrom(0, 0.3, 0.999, 1),
      double({ min: 1, max: 1e8, noNaN: true }),
      double({ min: 0, max: 1, noNaN: true }),
      (amplitude, periodMs, place) => {
        const curve = createRateCurve(50, { form: 'sine', amplitude, periodMs });
        const count = place * curve.countUntil(periodMs);
        expect(Math.abs(curve.countUntil(curve.timeOf(count)) - count)).toBeLessThan(1e-9 * (1 + periodMs));
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});

test.each<[number, RateShape, string]>([
  [0, SHAPES.constant, 'rate is 0, expected a number over 0'],
  [Number.NaN, SHAPES.sine, 'rate is NaN, expected a number over 0'],
  [1, { ...SHAPES.sine, amplitude: 1.5 }, 'amplitude is 1.5, expected a number from 0 to 1'],
  [1, { ...SHAPES.sine, periodMs: 0 }, 'period is 0, expected a number over 0'],
  [-1, SHAPES.burst, 'rate is -1'],
  [1, { ...SHAPES.burst, duty: 0 }, 'duty is 0, expected a number from 0.000001 to 1'],
  [1, { ...SHAPES.burst, burstRate: 0 }, 'rate in a burst is 0, expected a number over 0'],
  [1, { ...SHAPES.ramp, toRate: 0 }, 'rate at the end of the ramp is 0, expected a number over 0'],
  [1, { ...SHAPES.ramp, overMs: Infinity }, 'length of the ramp is Infinity, expected a number over 0'],
  [1, { form: 'stages', stages: [] }, 'there are no stages'],
  [1, { form: 'stages', stages: [{ durationMs: 0, rate: 1 }] }, 'duration of a stage is 0'],
  [
    1,
    { form: 'staegs', stages: [] } as unknown as RateShape,
    "unknown form of a rate 'staegs', did you mean 'stages'?",
  ],
])('a rate of %d with %j is refused', (rate, shape, message) =>
  expect(() => createRateCurve(rate, shape)).toThrow(
    expect.objectContaining({ code: 'BAD_SCENARIO', message: expect.stringContaining(message) }),
  ),
);
