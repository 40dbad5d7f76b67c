import { delay } from '../../base/deadline.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { Variant } from '../../config/scenario.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Acts, Driver, Succeeded } from '../drivers/driver.ts';
import { HitWindows, type ShiftFigures } from '../hit-windows.ts';
import type { Task } from '../instances/application.ts';
import { measureLoad, type Measured } from '../load-phase.ts';
import type { Course } from '../plan.ts';
import { WHOLE } from '../share.ts';
import { type LoadParams, runOf } from './load.ts';

/** Into so many windows the requests are cut: the shift is seen to 1 % of them. */
const WINDOWS = 100;
/** Windows in which the tier is filled, and after which the hot keys move. */
const FILLING = WINDOWS / 4;
const SHIFT = WINDOWS / 2;

/** What an instance did of its share of the requests. */
export interface EvictionResult extends Measured {
  /** Requests that it was to make; undefined where a trace tells. */
  readonly wanted: number | undefined;
  readonly begun: number;
}

/** The instance's share of the requests, on a tier that holds a part of the keys; the hot keys move at half of them. */
export const evictionTask: Task<LoadParams, EvictionResult> = {
  name: 'eviction',
  run: async (application, { startAtMs }) => {
    const { subject, clock } = application;
    const run = runOf(application);
    const { scenario, variant, share = WHOLE } = run;
    await delay(clock, Math.max(0, startAtMs - clock.wallMs()));
    if (scenario.trace !== undefined) {
      const measured = await measureLoad(run, subject);
      const ratio = measured.result.metrics['hit_ratio'];
      return { ...withFigures(measured, variant, { before: ratio }), wanted: undefined, begun: 0 };
    }
    const { requests, hotShift } = workOf(scenario, 'eviction');
    const wanted = Math.ceil(requests / share.count);
    const windows = new HitWindows(wanted, WINDOWS);
    let begun = 0;
    const course = courseOf(scenario.keyspace.keys, wanted, hotShift, (request) => (begun = request + 1));
    const note = (outcome: Succeeded): void => {
      if (outcome !== 'written') windows.note(begun - 1, outcome === 'hit');
    };
    const measured = await measureLoad(
      { ...run, course },
      { ...subject, driver: noted(subject.driver, note) },
    );
    const figures =
      hotShift === 'on' ? windows.around(SHIFT, FILLING) : { before: windows.ratio(FILLING, WINDOWS) };
    return { ...withFigures(measured, variant, figures), wanted, begun };
  },
};

/** Half of all keys further on the hot keys are others. */
function courseOf(
  keys: number,
  requests: number,
  hotShift: 'on' | 'off',
  onRequest: (request: number) => void,
): Course {
  const shiftAt = hotShift === 'on' ? (requests * SHIFT) / WINDOWS : Infinity;
  return {
    requests,
    keyOf: (keyIndex, request) => {
      onRequest(request);
      return request < shiftAt ? keyIndex : (keyIndex + Math.ceil(keys / 2)) % keys;
    },
  };
}

function withFigures(
  measured: Measured,
  { room, maxMemoryBytes }: Variant,
  { before, lowest, regain }: Partial<ShiftFigures>,
): Measured {
  const metrics = {
    ...measured.result.metrics,
    ...(room !== undefined && { 'cache.room': room }),
    ...(maxMemoryBytes !== undefined && { 'cache.memory': maxMemoryBytes }),
    ...(before !== undefined && { 'steady.hit_ratio': before }),
    ...(lowest !== undefined && { 'shift.hit_ratio': lowest }),
    ...(regain !== undefined && { 'shift.regain': regain }),
  };
  return { ...measured, result: { ...measured.result, metrics } };
}

/** The same driver, whose outcomes are told. */
function noted(driver: Driver, note: (outcome: Succeeded) => void): Acts {
  if ('begin' in driver)
    throw new CachectlError('UNEXPECTED', 'a driver by callbacks has no outcomes to note');
  const entries = Object.entries(driver).map(([operation, { send, judge }]) => {
    const telling: typeof judge = (reply, keyIndex, slot) => {
      const judged = judge(reply, keyIndex, slot);
      if (typeof judged !== 'string') {
        return judged.then((outcome) => {
          note(outcome);
          return outcome;
        });
      }
      note(judged);
      return judged;
    };
    return [operation, { send, judge: telling }];
  });
  return Object.fromEntries(entries) as Acts;
}
