import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultMetrics } from '../../../src/bench/fault-windows.ts';
import { mergeSlots, type Slot, SLOT_MS, Timeline } from '../../../src/bench/timeline.ts';

interface Shape {
  /** Latency of the slot's ten reads. */
  readonly ms?: number;
  readonly errors?: number;
  /** Of the ten reads. */
  readonly tierHits?: number;
  readonly loads?: number;
}

const READS = 10;

function slotAt(index: number, { ms = 1, errors = 0, tierHits = 5, loads = 1 }: Shape): Slot {
  return {
    latenciesMs: Array.from({ length: READS }, () => ms),
    errors,
    readErrors: errors,
    reads: READS,
    hits: READS - loads,
    loads,
    tierHitsMs: Array.from({ length: tierHits }, (_, i) => index * SLOT_MS + i),
  };
}

type Part = readonly [count: number, shape: Shape];

/** Slots of one shape after another. */
function slotsOf(...parts: readonly Part[]): readonly Slot[] {
  return parts
    .flatMap(([count, shape]) => Array.from({ length: count }, () => shape))
    .map((shape, i) => slotAt(i, shape));
}

const DOWN: Shape = { ms: 40, tierHits: 0, loads: 6 };
const TIMES = { beginMs: 1000, endMs: 2000 };

describe('the envelope of a fault', () => {
  test('what was before, during and after it', () => {
    const slots = slotsOf([10, {}], [10, { ...DOWN, errors: 2 }], [10, {}]);
    expect(faultMetrics(slots, TIMES)).toEqual({
      'before.latency.p99': 1,
      'fault.errors': 20,
      'fault.read_errors': 20,
      'fault.latency.p99': 40,
      'fault.latency.max': 40,
      'fault.hit_ratio': 0.4,
      'fault.origin.loads': 60,
      // 6 loads of 12 operations, against 1 of 10
      'fault.origin.loads_factor': 5,
      'recovery.first_hit': 0,
      'recovery.time': 0,
      'recovery.hit_ratio': 0.9,
    });
  });

  test('the slots in which it begins and ends are its own', () => {
    const slots = slotsOf([10, {}], [1, { ms: 7 }], [9, DOWN], [1, { ms: 90 }], [9, {}]);
    const metrics = faultMetrics(slots, { beginMs: 1050, endMs: 2001 });
    expect(metrics).toMatchObject({ 'before.latency.p99': 1, 'fault.latency.max': 90, 'recovery.time': 99 });
  });

  test('the first answer of the tier counts from the very end of the fault', () => {
    const slots = slotsOf([10, {}], [10, DOWN], [10, {}]);
    slots[20]?.tierHitsMs.splice(0, 5, 1990, 2030, 2012.5);
    expect(faultMetrics(slots, { beginMs: 1000, endMs: 2010 })['recovery.first_hit']).toBeCloseTo(2.5, 9);
  });

  test('without loads before there is no factor, and without a tier hit none is first', () => {
    const slots = slotsOf([10, { loads: 0, tierHits: 0 }], [10, DOWN], [10, { tierHits: 0 }]);
    const metrics = faultMetrics(slots, TIMES);
    expect(metrics).not.toHaveProperty('fault.origin.loads_factor');
    expect(metrics).not.toHaveProperty('recovery.first_hit');
    expect(metrics).toMatchObject({ 'fault.origin.loads': 60, 'recovery.time': 0 });
  });
});

describe('the time to recover', () => {
  const recoveryOf = (...after: readonly Part[]): number | undefined =>
    faultMetrics(slotsOf([10, {}], [10, DOWN], ...after), TIMES)['recovery.time'];

  test.each<readonly [string, readonly Part[], number | undefined]>([
    ['well at once', [[10, {}]], 0],
    [
      'the tier stays away for a while',
      [
        [3, { tierHits: 0 }],
        [10, {}],
      ],
      300,
    ],
    ['the tier is back to nine tenths of its share', [[10, { tierHits: 5 }]], 0],
    ['the tier is back, but to less', [[10, { tierHits: 4 }]], undefined],
    [
      'slow for a while',
      [
        [4, { ms: 10 }],
        [10, {}],
      ],
      400,
    ],
    ['twice as slow as before, and so within what is allowed', [[10, { ms: 2 }]], 0],
    ['within 2 ms of before', [[10, { ms: 3 }]], 0],
    ['still too slow', [[10, { ms: 3.1 }]], undefined],
    [
      'still failing',
      [
        [2, { errors: 1 }],
        [10, {}],
      ],
      200,
    ],
    [
      'well, and then not for long enough',
      [
        [4, {}],
        [3, { tierHits: 0 }],
        [10, {}],
      ],
      700,
    ],
    ['the run ends before it has been well for long enough', [[4, {}]], undefined],
    ['the run ends with the fault', [], undefined],
  ])('%s', (_what, after, expected) => {
    expect(recoveryOf(...after)).toBe(expected);
  });

  test('it is not over before the tier has answered', () => {
    const slots = slotsOf([10, {}], [10, DOWN], [10, {}]);
    slots[20]?.tierHitsMs.splice(0, 5);
    slots[21]?.tierHitsMs.splice(0, 5, 2130, 2131);
    slots[22]?.tierHitsMs.push(...Array.from({ length: 8 }, () => 2200));
    expect(faultMetrics(slots, TIMES)).toMatchObject({ 'recovery.first_hit': 130, 'recovery.time': 130 });
  });

  test('an outage of everything, without one operation, is no recovery', () => {
    const silent: Slot = {
      latenciesMs: [],
      errors: 0,
      readErrors: 0,
      reads: 0,
      hits: 0,
      loads: 0,
      tierHitsMs: [],
    };
    const slots = [...slotsOf([10, {}], [10, DOWN]), ...Array.from({ length: 10 }, () => silent)];
    expect(faultMetrics(slots, TIMES)).not.toHaveProperty('recovery.time');
  });

  test('where operations failed before, as many may fail after', () => {
    const slots = slotsOf([10, { errors: 1 }], [10, DOWN], [10, { errors: 1 }]);
    expect(faultMetrics(slots, TIMES)['recovery.time']).toBe(0);
  });
});

describe('the timeline', () => {
  test('operations count where they were due, answers of the tier when they came', () => {
    const timeline = new Timeline(500, 1000);
    timeline.done(550, 990, 'hit');
    timeline.done(650, 660, 'written');
    timeline.done(650, 670, 'miss');
    timeline.failed(1480, 'set');
    timeline.failed(1499, 'get');
    timeline.tierHit(990);
    timeline.loaded(660, 3);
    expect(timeline.slots.length).toBe(10);
    expect(timeline.slots[0]).toMatchObject({ latenciesMs: [440], hits: 1, reads: 1, tierHitsMs: [] });
    expect(timeline.slots[1]).toMatchObject({ latenciesMs: [10, 20], hits: 0, reads: 1, loads: 3 });
    expect(timeline.slots[4]).toMatchObject({ tierHitsMs: [490] });
    expect(timeline.slots[9]).toMatchObject({ errors: 2, readErrors: 1, latenciesMs: [] });
  });

  test('what is not of the measured part is left out', () => {
    const timeline = new Timeline(500, 1000);
    timeline.done(499, 600, 'hit');
    timeline.failed(1500, 'get');
    timeline.tierHit(1600);
    timeline.loaded(100, 5);
    expect(mergeSlots([timeline.slots])).toEqual(new Timeline(0, 1000).slots);
  });

  test('several instances as one: nothing is lost, and their order does not matter', () => {
    const shape = fc.record({ ms: fc.nat(50), errors: fc.nat(3), tierHits: fc.nat(9), loads: fc.nat(9) });
    const series = fc.array(shape, { maxLength: 12 }).map((shapes) => shapes.map((one, i) => slotAt(i, one)));
    const total = (slots: readonly Slot[]): readonly number[] => [
      slots.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0),
      slots.reduce((sum, { errors }) => sum + errors, 0),
      slots.reduce((sum, { loads }) => sum + loads, 0),
      slots.reduce((sum, { tierHitsMs }) => sum + tierHitsMs.length, 0),
    ];
    fc.assert(
      fc.property(fc.array(series, { maxLength: 4 }), (parts) => {
        const merged = mergeSlots(parts);
        expect(merged.length).toBe(Math.max(0, ...parts.map((slots) => slots.length)));
        expect(total(merged)).toEqual(total(parts.flat()));
        const times = { beginMs: 300, endMs: 600 };
        expect(faultMetrics(mergeSlots(parts.toReversed()), times)).toEqual(faultMetrics(merged, times));
      }),
    );
  });
});
