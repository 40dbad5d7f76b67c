import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../../src/base/clock.ts';
import { type ProcessReadings, ProcessSampler } from '../../../src/metrics/process-samplers.ts';

const memory = (readRssBytes: () => number): ProcessReadings => ({ readRssBytes, readCpuMs: () => 0 });
const IDLE = memory(() => 1);

const block = (ms: number): void => {
  const until = systemClock.nowMs() + ms;
  while (systemClock.nowMs() < until);
};

describe('process sampler', () => {
  test('tells the cores that were kept busy, by the clock', async () => {
    const clock = new ManualClock();
    let cpuMs = 500;
    const sampler = new ProcessSampler(clock, { readRssBytes: () => 1, readCpuMs: () => cpuMs });
    await clock.advance(2000);
    cpuMs += 3000;
    expect(sampler.stop()).toMatchObject({ cores: 1.5, cpuMs: 3000 });
  });

  test('a loop that has work and gets no CPU is starved; one that runs is not', () => {
    const half = new ProcessSampler(systemClock, {
      readRssBytes: () => 1,
      readCpuMs: () => systemClock.nowMs() / 2,
    });
    const whole = new ProcessSampler(systemClock, {
      readRssBytes: () => 1,
      readCpuMs: () => systemClock.nowMs(),
    });
    block(60);
    expect(half.stop().starved).toBeGreaterThan(0.4);
    expect(whole.stop().starved).toBeLessThan(0.05);
  });

  test('keeps the largest memory it saw, first and last included', async () => {
    const clock = new ManualClock();
    const readings = [5, 30, 10, 20];
    const sampler = new ProcessSampler(
      clock,
      memory(() => readings.shift() ?? 7),
    );
    await clock.advance(250);
    await clock.advance(250);
    expect(sampler.stop().maxRssBytes).toBe(30);
    expect(readings).toEqual([]);
    expect(clock.pendingTimers).toBe(0);

    const grown = [1, 99];
    expect(
      new ProcessSampler(
        clock,
        memory(() => grown.shift() ?? 0),
      ).stop().maxRssBytes,
    ).toBe(99);
  });

  test('does not take its own probe for lag', { retry: 5 }, async () => {
    const sampler = new ProcessSampler(systemClock, IDLE);
    await sleep(100);
    const { lagP99Ms = Number.NaN } = sampler.stop();
    expect(lagP99Ms).toBeGreaterThanOrEqual(0);
    expect(lagP99Ms).toBeLessThan(9);
  });

  test('sees that the event loop was blocked', async () => {
    const sampler = new ProcessSampler(systemClock, IDLE);
    await sleep(30);
    for (let blocked = 0; blocked < 2; blocked++) {
      block(60);
      await sleep(15);
    }
    const { lagP99Ms = Number.NaN, utilization } = sampler.stop();
    expect(lagP99Ms).toBeGreaterThan(40);
    expect(utilization).toBeGreaterThan(0.3);
    expect(utilization).toBeLessThanOrEqual(1);
  });

  test('does not guess a lag when it was too short to see one', () => {
    expect(new ProcessSampler(new ManualClock(), IDLE).stop().lagP99Ms).toBeUndefined();
  });
});
