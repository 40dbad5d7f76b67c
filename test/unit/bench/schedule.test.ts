import { describe, expect, test } from 'vitest';
import { connectionsOver, drawsOf, offeredRate } from '../../../src/bench/schedule.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import type { Scenario } from '../../../src/config/scenario.ts';

const scenarioWith = (text: string): Scenario =>
  parseScenario(`name: x\nkind: load\nwarmup: 2s\nduration: 10s\n${text}\n`, 'f.yaml');

describe('offered rate', () => {
  test.each<[string, number | undefined]>([
    ['{ model: closed }', undefined],
    ['{ model: open, rate: 300/s }', 300],
    ['{ model: open, rate: 100/s, shape: { form: burst, burst_rate: 600/s, period: 5s, duty: 20% } }', 200],
    ['{ model: open, rate: 100/s, shape: { form: sine, period: 5s } }', 100],
    ['{ model: open, rate: 100/s, shape: { form: ramp, to: 300/s, over: 5s } }', 250],
    ['{ model: open, stages: [{ duration: 5s, rate: 100/s }, { duration: 5s, rate: 300/s }] }', 200],
    ['{ model: open, stages: [{ duration: 8s, rate: 100/s }, { duration: 9s, rate: 300/s }] }', 140],
  ])('of %s is the mean of the measured part', (load, rate) => {
    const offered = offeredRate(scenarioWith(`load: ${load}`));
    if (rate === undefined) expect(offered).toBeUndefined();
    else expect(offered).toBeCloseTo(rate, 9);
  });
});

test('a time between moves of the hot keys becomes operations, at the mean rate', () => {
  const keyspace = 'keyspace: { distribution: shifting, shift_time: 3s }';
  const open = scenarioWith(`${keyspace}\nload: { model: open, rate: 200/s }`);
  expect(drawsOf(open).keyspace).toMatchObject({ everyOperations: 600 });
  const counted = scenarioWith('keyspace: { distribution: shifting, shift_operations: 77 }');
  expect(drawsOf(counted).keyspace).toMatchObject({ everyOperations: 77 });
});

describe('connections', () => {
  test('without stages are always as many', () => {
    const plan = connectionsOver({ model: 'closed', pipeline: 1, thinkMs: 0, connections: 7 }, 2000);
    expect([plan.most, plan.at(0), plan.at(1e9), plan.changeAfter(0)]).toEqual([7, 7, 7, Infinity]);
  });

  test('of stages follow them from the measured part on; the first and the last one last', () => {
    const stages = [
      { durationMs: 1000, connections: 5 },
      { durationMs: 500, connections: 9 },
      { durationMs: 500, connections: 2 },
    ];
    const plan = connectionsOver({ model: 'closed', pipeline: 1, thinkMs: 0, connections: 9, stages }, 2000);
    expect(plan.most).toBe(9);
    expect([0, 1999, 2000, 2999, 3000, 3499, 3500, 4000, 9999].map((ms) => plan.at(ms))).toEqual([
      5, 5, 5, 5, 9, 9, 2, 2, 2,
    ]);
    expect([0, 2999, 3000, 3499, 3500, 9999].map((ms) => plan.changeAfter(ms))).toEqual([
      3000,
      3000,
      3500,
      3500,
      Infinity,
      Infinity,
    ]);
  });
});
