import { describe, expect, test } from 'vitest';
import type { Slot } from '../../../src/bench/slots.ts';
import { stormMetrics } from '../../../src/bench/storm.ts';
import { LatencyRecorder } from '../../../src/metrics/latency.ts';

function slot(ms: number): Slot {
  const recorder = new LatencyRecorder('js', 'coarse');
  recorder.record(ms);
  return { reads: 1, hits: 1, near: 0, latencies: [recorder.encode()] };
}

const slotsLike = (loads: readonly number[], ms = 1): readonly Slot[] => loads.map(() => slot(ms));

describe('a storm', () => {
  test('its peak is held against the mean of all that was measured', () => {
    const loads = [0, 0, 0, 0, 40, 10, 0, 0, 0, 0];
    expect(stormMetrics(slotsLike(loads), loads, 3)).toMatchObject({
      'storm.origin.peak': 400,
      'storm.origin.mean': 50,
      'storm.peak_factor': 8,
    });
  });

  test('it is where there is half the load of the peak, each slot with its neighbours', () => {
    const loads = [0, 0, 0, 30, 30, 30, 12, 3, 3, 3];
    // with neighbours: 0 0 10 20 30 24 15 6 3 3
    expect(stormMetrics(slotsLike(loads), loads, 0)['storm.duration']).toBe(400);
  });

  test('it reaches over a pause', () => {
    const loads = [0, 0, 30, 30, 30, 0, 0, 0, 30, 30, 30, 0, 0];
    expect(stormMetrics(slotsLike(loads), loads, 0)['storm.duration']).toBe(900);
  });

  test('latency is that of its slots, and that before any key can have expired', () => {
    const loads = [0, 0, 0, 0, 30, 30, 30, 0, 0, 0];
    const course = [
      slot(2),
      slot(2),
      slot(9),
      slot(9),
      slot(50),
      slot(50),
      slot(50),
      slot(9),
      slot(9),
      slot(9),
    ];
    const metrics = stormMetrics(course, loads, 2);
    expect(metrics['storm.latency.p99']).toBeCloseTo(50, 0);
    expect(metrics['storm.calm.latency.p99']).toBeCloseTo(2, 1);
    expect(stormMetrics(course, loads, 0)).not.toHaveProperty('storm.calm.latency.p99');
  });

  test('the same load all the time is none: its peak is its mean', () => {
    const loads = [5, 5, 5, 5];
    expect(stormMetrics(slotsLike(loads), loads, 0)).toMatchObject({
      'storm.peak_factor': 1,
      'storm.duration': 400,
    });
  });

  test('without loads there is no figure of them', () => {
    const loads = [0, 0, 0];
    expect(Object.keys(stormMetrics(slotsLike(loads), loads, 2))).toEqual(['storm.calm.latency.p99']);
    expect(stormMetrics(slotsLike(loads), loads, 0)).toEqual({});
  });
});
