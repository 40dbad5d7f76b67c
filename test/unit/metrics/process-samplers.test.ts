import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../../src/base/clock.ts';
import { ProcessSampler } from '../../../src/metrics/process-samplers.ts';

describe('process sampler', () => {
  test('keeps the largest memory it saw, first and last included', async () => {
    const clock = new ManualClock();
    const readings = [5, 30, 10, 20];
    const sampler = new ProcessSampler(clock, () => readings.shift() ?? 7);
    await clock.advance(250);
    await clock.advance(250);
    expect(sampler.stop().maxRssBytes).toBe(30);
    expect(readings).toEqual([]);
    expect(clock.pendingTimers).toBe(0);

    const grown = [1, 99];
    expect(new ProcessSampler(clock, () => grown.shift() ?? 0).stop().maxRssBytes).toBe(99);
  });

  test('does not take its own probe for lag', { retry: 5 }, async () => {
    const sampler = new ProcessSampler(systemClock, () => 1);
    await sleep(100);
    const { lagP99Ms = Number.NaN } = sampler.stop();
    expect(lagP99Ms).toBeGreaterThanOrEqual(0);
    expect(lagP99Ms).toBeLessThan(9);
  });

  test('sees that the event loop was blocked', async () => {
    const sampler = new ProcessSampler(systemClock, () => 1);
    await sleep(30);
    for (let block = 0; block < 2; block++) {
      const until = systemClock.nowMs() + 60;
      while (systemClock.nowMs() < until);
      await sleep(15);
    }
    const { lagP99Ms = Number.NaN, utilization } = sampler.stop();
    expect(lagP99Ms).toBeGreaterThan(40);
    expect(utilization).toBeGreaterThan(0.3);
    expect(utilization).toBeLessThanOrEqual(1);
  });

  test('does not guess a lag when it was too short to see one', () => {
    expect(new ProcessSampler(new ManualClock(), () => 1).stop().lagP99Ms).toBeUndefined();
  });
});
