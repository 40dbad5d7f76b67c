import { describe, expect, test } from 'vitest';
import { delay } from '../../../src/base/deadline.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Act, Acts, CallbackDriver, OperationEvents } from '../../../src/bench/drivers/driver.ts';
import { runClosedLoop } from '../../../src/bench/executors/closed-loop.ts';
import type { LoopPlan, Supply } from '../../../src/bench/executors/executor.ts';
import { runOpenLoop } from '../../../src/bench/executors/open-loop.ts';
import { runRawLoop } from '../../../src/bench/executors/raw-loop.ts';
import { Recording } from '../../../src/bench/recording.ts';
import { createPacer } from '../../../src/workload/arrivals.ts';
import { constantRate } from '../../../src/workload/rates/constant.ts';
import { connectionsOver, type ConnectionPlan } from '../../../src/bench/schedule.ts';
import { OPERATIONS } from '../../../src/workload/operations.ts';
import { SimulatedClock } from './simulated-clock.ts';

interface Bed {
  readonly clock: SimulatedClock;
  readonly recording: Recording;
  readonly plan: LoopPlan;
  readonly stop: AbortController;
}

function bed(
  durationMs: number,
  execute: (clock: SimulatedClock, key: number) => Promise<void>,
  clock: SimulatedClock = new SimulatedClock(),
): Bed {
  const recording = new Recording(0, 'open');
  const stop = new AbortController();
  const act: Act = { send: (key) => execute(clock, key), judge: () => 'hit' };
  const driver = Object.fromEntries(OPERATIONS.map((operation) => [operation, act])) as Acts;
  let key = 0;
  const plan: LoopPlan = {
    driver,
    recording,
    nextOperation: () => 'get',
    nextKey: () => key++,
    clock,
    endMs: durationMs,
    signal: stop.signal,
  };
  return { clock, recording, plan, stop };
}

const openLoop = (plan: LoopPlan, rate: number, maxInFlight = 1e6): Promise<number> =>
  runOpenLoop(plan, {
    pacer: createPacer('constant', constantRate(rate), seededRandom(1)),
    connections: 1,
    maxInFlight,
  });

describe('open loop', () => {
  test('sends as many operations as are due, whatever they take', async () => {
    const { plan, recording } = bed(1000, (clock) => delay(clock, 300));
    await openLoop(plan, 500);
    expect(recording.operations).toBe(500);
  });

  test('a stall is seen by all who were due in it: 1 s in 10 s puts the 99th percentile at 0.9 s', async () => {
    const stallFrom = 4000;
    const stalled = async (clock: SimulatedClock): Promise<void> => {
      const now = clock.nowMs();
      if (now >= stallFrom && now < stallFrom + 1000) await delay(clock, stallFrom + 1000 - now);
    };
    // long steps: the last part of each wait is spent reading the clock
    const { plan, recording } = bed(10_000, stalled, new SimulatedClock(0.05));
    await openLoop(plan, 1000);
    const recorded = recording.finish(10_000);
    expect(recorded.operations).toBe(10_000);
    expect(recorded.latency.percentile(99)).toBeGreaterThan(880);
    expect(recorded.latency.percentile(99)).toBeLessThan(920);
    expect(recorded.latency.percentile(85)).toBeLessThan(5);
  });

  test('beyond the bound on operations in flight arrivals wait, and their latency counts from when they were due', async () => {
    let inFlight = 0;
    let most = 0;
    const { plan, recording } = bed(1000, async (clock) => {
      most = Math.max(most, ++inFlight);
      await delay(clock, 10);
      inFlight--;
    });
    const waitedMs = await openLoop(plan, 1000, 5);
    expect(most).toBe(5);
    expect(waitedMs).toBeGreaterThan(500);
    expect(recording.operations).toBe(1000);
    const { latency, service, slip } = recording.finish(1000);
    expect(service.percentile(99)).toBeLessThan(15);
    expect(latency.percentile(99)).toBeGreaterThan(900);
    expect(slip?.percentile(99)).toBeGreaterThan(900);
  });

  test('answers that need no event loop do not keep it from turning', async () => {
    const { plan, recording } = bed(200, async () => {});
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await openLoop(plan, 100_000, 10);
    expect(turned).toBe(true);
    expect(recording.operations).toBe(20_000);
  });

  test('stops early when told, and waits for what is in flight', async () => {
    let ended = 0;
    const { plan, recording, stop } = bed(1e9, async (clock, key) => {
      if (key === 50) stop.abort();
      await delay(clock, 100);
      ended++;
    });
    await openLoop(plan, 1000);
    expect(recording.operations).toBeLessThan(60);
    expect(ended).toBe(recording.operations);
  });
});

const always = (connections: number): ConnectionPlan =>
  connectionsOver({ model: 'closed', pipeline: 1, thinkMs: 0, connections }, 0);

describe('closed loop', () => {
  test('keeps as many operations in flight as there are connections', async () => {
    let inFlight = 0;
    let most = 0;
    const { plan, recording } = bed(1000, async (clock) => {
      most = Math.max(most, ++inFlight);
      await delay(clock, 10);
      inFlight--;
    });
    await runClosedLoop(plan, always(4));
    expect(most).toBe(4);
    expect(recording.operations).toBeGreaterThanOrEqual(396);
    expect(recording.operations).toBeLessThanOrEqual(404);
  });

  test('has as many connections as the stage says, also fewer again', async () => {
    let inFlight = 0;
    const most = [0, 0, 0];
    const { plan, clock } = bed(3000, async () => {
      const stage = Math.floor(clock.nowMs() / 1000);
      inFlight++;
      // An operation that began in the stage before may still be under way.
      if (clock.nowMs() % 1000 > 100) most[stage] = Math.max(most[stage] ?? 0, inFlight);
      await delay(clock, 10);
      inFlight--;
    });
    const stages = [3, 8, 2].map((connections) => ({ durationMs: 1000, connections }));
    await runClosedLoop(
      plan,
      connectionsOver({ model: 'closed', pipeline: 1, thinkMs: 0, connections: 8, stages }, 0),
    );
    expect(most).toEqual([3, 8, 2]);
  });

  test('a failure is counted, pauses its connection, and is in no latency', async () => {
    const { plan, recording } = bed(100, async (clock, key) => {
      await delay(clock, 1);
      if (key % 2 === 0) throw new Error(`key ${key % 4}`);
    });
    await runClosedLoop(plan, always(1));
    const recorded = recording.finish(100);
    expect(recorded.errors.total).toBeGreaterThan(30);
    expect(recorded.errors.entries().map(({ message }) => message)).toEqual(['key 0', 'key 2']);
    expect(recorded.latency.count).toBe(recorded.operations);
    expect(recorded.operations + recorded.errors.total).toBeLessThanOrEqual(70);
  });

  test('stops early when told', async () => {
    const { plan, recording, stop } = bed(1e9, async (_clock, key) => {
      if (key === 100) stop.abort();
    });
    await runClosedLoop(plan, always(3));
    expect(recording.operations).toBeLessThan(110);
  });
});

describe('a supply that ends', () => {
  /** So many operations, in portions that have to be waited for. */
  function supplied(
    total: number,
    portion: number,
  ): { readonly supply: Supply; readonly nextKey: () => number } {
    let given = 0;
    let ready = 0;
    let reading: Promise<boolean> | undefined;
    const read = async (): Promise<boolean> => {
      await new Promise((resolve) => void setImmediate(resolve));
      reading = undefined;
      if (given + ready >= total) return false;
      ready = Math.min(portion, total - given);
      return true;
    };
    const supply: Supply = {
      get isReady() {
        return ready > 0;
      },
      refill: () => (reading ??= read()),
    };
    const nextKey = (): number => {
      if (ready === 0) throw new Error('taken although none is ready');
      ready--;
      return given++;
    };
    return { supply, nextKey };
  }

  test.for([1, 3, 64])('is taken to its end by a closed loop, in portions of %i', async (portion) => {
    const keys: number[] = [];
    const { plan, recording } = bed(60_000, async (_clock, key) => void keys.push(key));
    await runClosedLoop({ ...plan, ...supplied(500, portion) }, always(20));
    expect(recording.errors).toBe(0);
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  test.for([1, 3, 64])('is taken to its end by an open loop, in portions of %i', async (portion) => {
    const keys: number[] = [];
    const { plan, recording } = bed(60_000, async (_clock, key) => void keys.push(key));
    await openLoop({ ...plan, ...supplied(500, portion) }, 10_000);
    expect(recording.errors).toBe(0);
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});

type ThinkingLoop = (plan: LoopPlan, connections: ConnectionPlan, think: () => number) => Promise<void>;

const LOOPS: readonly (readonly [string, ThinkingLoop])[] = [
  ['promises', (plan, connections, think) => runClosedLoop(plan, connections, 1, think)],
  ['callbacks', (plan, connections, think) => runRawLoop(callbacksOf(plan), plan, connections, 1, think)],
];

/** The same operations, told by callbacks. */
function callbacksOf({ driver, clock }: LoopPlan): CallbackDriver {
  let told: OperationEvents | undefined;
  return {
    listen: (events) => void (told = events),
    begin: (operation, key, slot, due, sent) => {
      void driver[operation]
        .send(key, slot)
        .then(() => told?.ended(operation, slot, due, sent, clock.nowMs(), 'hit'));
    },
  };
}

describe.for(LOOPS)('users who think, by %s', ([, run]) => {
  test('a user thinks before each operation, and his thinking is in no latency', async () => {
    const { plan, recording } = bed(1000, (clock) => delay(clock, 10));
    await run(plan, always(20), () => 90);
    const recorded = recording.finish(1000);
    expect(recorded.operations).toBeGreaterThanOrEqual(180);
    expect(recorded.operations).toBeLessThanOrEqual(200);
    expect(recorded.latency.percentile(100)).toBeLessThan(15);
  });

  test('nobody thinks on beyond the end, nor when told to stop', async () => {
    const { clock, plan, recording } = bed(1000, async () => {});
    await run(plan, always(3), () => 1e6);
    expect(recording.operations).toBe(0);
    expect(clock.nowMs()).toBeLessThan(1100);
    const stopped = bed(1e9, async () => stopped.stop.abort());
    const pauses = [5];
    await run(stopped.plan, always(3), () => pauses.pop() ?? 1e8);
    expect(stopped.recording.operations).toBe(1);
    expect(stopped.clock.nowMs()).toBeLessThan(5000);
  });

  test('who is still thinking when his stage ends sends nothing more', async () => {
    const { plan, recording } = bed(3000, async () => {});
    const stages = [10, 2].map((connections) => ({ durationMs: 1000, connections }));
    const load = { model: 'closed', pipeline: 1, thinkMs: 0, connections: 10, stages } as const;
    await run(plan, connectionsOver(load, 0), () => 1100);
    expect(recording.operations).toBe(4);
  });
});
