import { expect, test } from 'vitest';
import { Breaker, type BreakerState } from '../../../src/engine/breaker.ts';

function bed(failures = 3): { breaker: Breaker; states: BreakerState[] } {
  const states: BreakerState[] = [];
  return { breaker: new Breaker({ failures, probeAfterMs: 100 }, (state) => states.push(state)), states };
}

test('opens after failures in a row, and only then', () => {
  const { breaker, states } = bed();
  breaker.failed(0);
  breaker.failed(0);
  breaker.succeeded();
  breaker.failed(0);
  breaker.failed(0);
  expect(breaker.admits(0)).toBe(true);
  breaker.failed(0);
  expect(breaker.admits(0)).toBe(false);
  expect(states).toEqual(['open']);
});

test('lets one probe through after a while, and closes when it succeeds', () => {
  const { breaker, states } = bed(1);
  breaker.failed(0);
  expect(breaker.admits(99)).toBe(false);
  expect(breaker.admits(100)).toBe(true);
  expect(breaker.admits(101)).toBe(false);
  breaker.succeeded();
  expect(breaker.admits(102)).toBe(true);
  expect(states).toEqual(['open', 'half-open', 'closed']);
});

test('a probe that fails opens it again for as long', () => {
  const { breaker, states } = bed(1);
  breaker.failed(0);
  expect(breaker.admits(150)).toBe(true);
  breaker.failed(160);
  expect(breaker.admits(259)).toBe(false);
  expect(breaker.admits(260)).toBe(true);
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open']);
});

test('a probe that nobody hears of again is followed by another', () => {
  const { breaker } = bed(1);
  breaker.failed(0);
  expect(breaker.admits(100)).toBe(true);
  expect(breaker.admits(199)).toBe(false);
  expect(breaker.admits(200)).toBe(true);
});
