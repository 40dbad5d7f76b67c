import { delay } from '../../base/deadline.ts';
import { seededRandom } from '../../base/random.ts';
import { CachectlError } from '../../base/errors.ts';
import { workOf } from '../../config/kinds/registry.ts';
import { LatencyRecorder } from '../../metrics/latency.ts';
import type { VariantResult } from '../../results/run-result.ts';
import { keyName } from '../../workload/key-names.ts';
import { verifyValue } from '../../workload/values.ts';
import { Gauges } from '../gauges.ts';
import type { Application, Task } from '../instances/application.ts';
import { LoadLog, type LoadTimes } from '../load-log.ts';
import { resultOf } from '../measure.ts';
import { protectedRead, type ReadOptions, type ReadProtected } from '../protected-read.ts';
import { Recording } from '../recording.ts';

export interface StampedeParams {
  /** When the callers of all instances ask for the key, which nobody has, wall clock. */
  readonly startAtMs: number;
  readonly lengthMs: number;
}

export interface StampedeResult {
  readonly result: VariantResult;
  readonly loads: LoadTimes;
}

/** The hot key. */
const KEY = 0;

/** The callers of one instance: each reads the hot key, thinks, and reads again. */
export const stampedeTask: Task<StampedeParams, StampedeResult> = {
  name: 'stampede',
  run: async (application, { startAtMs, lengthMs }) => {
    const { clock, host, spec, subject } = application;
    const { callers, thinkMs, expiries } = workOf(spec.scenario, 'stampede');
    const log = new LoadLog();
    const gauges = await Gauges.begin(subject, host, clock);
    const waits = new LatencyRecorder();
    let served = 0;
    await delay(clock, Math.max(0, startAtMs - clock.wallMs()));
    const beginMs = clock.nowMs();
    const endMs = beginMs + lengthMs;
    const recording = new Recording(beginMs, 'closed');
    const { read, options } = reader(application, log);
    const random = seededRandom(spec.scenario.seed).fork(`callers of ${spec.share.index}`);

    const caller = async (): Promise<void> => {
      while (clock.nowMs() < endMs && !application.signal.aborted) {
        const sentMs = clock.nowMs();
        try {
          const { value, waited, stale } = await read(keyName(KEY), options);
          const endedMs = clock.nowMs();
          if (verifyValue(value, KEY) !== 'ok')
            throw new CachectlError('CORRUPT_ENTRY', 'a wrong value was read');
          if (waited) waits.record(endedMs - sentMs);
          if (stale) served++;
          recording.done('getOrLoad', sentMs, sentMs, endedMs, waited ? 'miss' : 'hit');
        } catch (error) {
          recording.failed(sentMs, clock.nowMs(), error);
        }
        await delay(clock, thinkMs * (0.5 + random.next()));
      }
    };

    await Promise.all(Array.from({ length: callers }, caller));
    const recorded = recording.finish(Math.min(clock.nowMs(), endMs));
    const counted = { ...(await gauges.finish()), loads: log.count };
    const more = { 'origin.cold_keys': expiries, 'stale.served': served };
    const result = resultOf(spec, subject, recorded, counted, more, { wait: waits });
    waits.close();
    return { result, loads: log.times() };
  },
};

function reader(
  { spec, subject, bed, clock }: Application,
  log: LoadLog,
): { read: ReadProtected; options: ReadOptions } {
  const { ttlMs, loadMs } = workOf(spec.scenario, 'stampede');
  if (subject.system === undefined) throw new CachectlError('BAD_SCENARIO', 'a stampede needs a tier');
  const load = (): Promise<Uint8Array> =>
    log.note(async () => {
      await delay(clock, loadMs);
      return subject.values.make(KEY, await bed.origin.load(KEY));
    });
  const read = protectedRead(spec.variant.engine.protection, subject.system.cache);
  return { read, options: { ttlMs, load } };
}
