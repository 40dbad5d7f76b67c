import { expect, test } from 'vitest';
import { Breaker, type BreakerState } from '../../../src/engine/breaker.ts';

interface Bed {
  readonly breaker: Breaker;
  readonly states: BreakerState[];
  /** When a probe was asked for. */
  readonly probes: number[];
  readonly admits: (nowMs: number) => boolean;
}

function bed(failures = 3): Bed {
  const states: BreakerState[] = [];
  const probes: number[] = [];
  const breaker = new Breaker({ failures, probeAfterMs: 100 }, (state) => states.push(state));
  return { breaker, states, probes, admits: (nowMs) => breaker.admits(nowMs, () => probes.push(nowMs)) };
}

test('opens after failures in a row, and only then', () => {
  const { breaker, states, probes, admits } = bed();
  breaker.failed(0);
  breaker.failed(0);
  breaker.succeeded();
  breaker.failed(0);
  breaker.failed(0);
  expect(admits(0)).toBe(true);
  breaker.failed(0);
  expect(admits(0)).toBe(false);
  expect(states).toEqual(['open']);
  expect(probes).toEqual([]);
});

test('asks for one probe after a while, whose caller goes on without the tier, and closes when it succeeds', () => {
  const { breaker, states, probes, admits } = bed(1);
  breaker.failed(0);
  expect([99, 100, 101].map(admits)).toEqual([false, false, false]);
  expect(probes).toEqual([100]);
  breaker.succeeded();
  expect(admits(102)).toBe(true);
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('a probe that fails opens it again for as long', () => {
  const { breaker, states, probes, admits } = bed(1);
  breaker.failed(0);
  admits(150);
  breaker.failed(160);
  expect([259, 260].map(admits)).toEqual([false, false]);
  expect(probes).toEqual([150, 260]);
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open']);
});

test('a probe that nobody hears of again is followed by another', () => {
  const { breaker, probes, admits } = bed(1);
  breaker.failed(0);
  for (const nowMs of [100, 199, 200]) admits(nowMs);
  expect(probes).toEqual([100, 200]);
});
