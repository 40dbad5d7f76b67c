import { describe, expect, test } from 'vitest';
import { LossWatch } from '../../../src/bench/loss-watch.ts';
import { Recording, release } from '../../../src/bench/recording.ts';

describe('recording', () => {
  test('leaves out what was due before the measured part', () => {
    const recording = new Recording(1000, 'open');
    recording.done('get', 999.9, 999.9, 1500, 'hit');
    recording.failed(500, 1500, new Error('early'));
    recording.done('get', 1000, 1000, 1001, 'hit');
    const recorded = recording.finish(2000);
    expect(recorded).toMatchObject({ operations: 1, measuredMs: 1000 });
    expect(recorded.errors.total).toBe(0);
    expect(recorded.latency.maxMs).toBeCloseTo(1, 2);
    release(recorded);
  });

  test('tells latency from due, service from sent, and the slip between', () => {
    const recording = new Recording(0, 'open');
    recording.done('get', 10, 30, 35, 'miss');
    const { latency, service, slip, byOperation } = recording.finish(1000);
    expect(latency.maxMs).toBeCloseTo(25, 1);
    expect(service.maxMs).toBeCloseTo(5, 1);
    expect(slip?.maxMs).toBeCloseTo(20, 1);
    expect(byOperation.get('get')?.count).toBe(1);
  });

  test('tells the hit ratio as it goes', () => {
    const recording = new Recording(0, 'closed');
    expect(recording.hitRatio).toBeUndefined();
    for (const outcome of ['hit', 'hit', 'written', 'miss', 'hit'] as const) {
      recording.done('get', 1, 1, 2, outcome);
    }
    expect(recording.hitRatio).toBe(0.75);
    release(recording.finish(10));
  });

  test('operations that differ in nothing are recorded at once, as if one by one', () => {
    const [together, apart] = [new Recording(0, 'closed'), new Recording(0, 'closed')];
    together.done('get', 10, 10, 14, 'hit', 3);
    together.done('set', 10, 10, 1500, 'written', 2);
    for (let i = 0; i < 3; i++) apart.done('get', 10, 10, 14, 'hit');
    for (let i = 0; i < 2; i++) apart.done('set', 10, 10, 1500, 'written');
    const [one, other] = [together.finish(2000), apart.finish(2000)];
    expect(one.operations).toBe(5);
    expect(one.seconds).toEqual(other.seconds);
    expect(one.latency.encode()).toBe(other.latency.encode());
    expect(one.byOperation.get('get')?.count).toBe(3);
  });

  test('measures until the last answer, when that comes after the end', () => {
    const recording = new Recording(0, 'open');
    recording.done('get', 900, 900, 2500, 'hit');
    expect(recording.finish(1000).measuredMs).toBe(2500);
  });

  test('gives hits, reads and errors by second, also for a second with none', () => {
    const recording = new Recording(0, 'open');
    recording.done('get', 0, 0, 10, 'hit');
    recording.done('get', 0, 0, 20, 'miss');
    recording.done('get', 0, 0, 30, 'written');
    recording.failed(2100, 2200, new Error('x'));
    const { seconds } = recording.finish(3000);
    expect(seconds).toMatchObject([
      { at: 0, operations: 3, hits: 1, reads: 2, errors: 0 },
      { at: 1, operations: 0, errors: 0 },
      { at: 2, operations: 0, errors: 1 },
    ]);
  });
});

describe('a server is lost', () => {
  const look = (
    ...tallies: readonly (readonly [answered: number, failed: number])[]
  ): readonly (string | undefined)[] => {
    const watch = new LossWatch();
    return tallies.map(([answered, failed]) => watch.look({ redis: { answered, failed } }));
  };

  test.each([
    [
      'when it only fails, three looks in a row',
      [
        [10, 0],
        [10, 5],
        [10, 9],
        [10, 12],
      ],
      [undefined, undefined, undefined, 'redis'],
    ],
    [
      'not when it answers in between',
      [
        [10, 0],
        [10, 5],
        [11, 9],
        [11, 12],
        [11, 15],
      ],
      [undefined, undefined, undefined, undefined, undefined],
    ],
    [
      'not when it is not asked',
      [
        [10, 5],
        [10, 5],
        [10, 5],
        [10, 5],
        [10, 5],
      ],
      [undefined, undefined, undefined, undefined, undefined],
    ],
  ] as const)('%s', (_what, tallies, expected) => {
    expect(look(...tallies)).toEqual(expected);
  });
});
