import { machineMs } from '../../base/clock.ts';
import { delay } from '../../base/deadline.ts';
import { CachectlError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { type InvalidationWork, readingMs } from '../../config/kinds/invalidation.ts';
import { workOf } from '../../config/kinds/registry.ts';
import { LatencyRecorder } from '../../metrics/latency.ts';
import type { VariantResult } from '../../results/run-result.ts';
import { tellBy } from '../changes.ts';
import { Gauges } from '../gauges.ts';
import type { Application, Task } from '../instances/application.ts';
import { type Counted, resultOf } from '../measure.ts';
import { tellProgress } from '../progress-teller.ts';
import { type Recorded, Recording } from '../recording.ts';
import { boundOf, distributionsOf, metricsOf } from '../staleness-figures.ts';
import { judgeStaleness, type SeenChanges } from '../staleness.ts';
import { type ReadLog, ReadLogger, type WriteLog, WriteLogger } from '../version-log.ts';
import { changeData } from '../version-writers.ts';
import { readData } from '../version-readers.ts';

export interface InvalidationParams {
  /** When all instances begin to read, on the clock that the machine shares. */
  readonly startAtMs: number;
}

export interface JudgeParams {
  /** Of all instances. */
  readonly writes: WriteLog;
}

export interface JudgedInstance {
  readonly result: VariantResult;
  readonly visibleMs: SeenChanges['visibleMs'];
}

/** What an instance keeps until it knows what the others have changed. */
type Judge = (writes: WriteLog) => JudgedInstance;

const WAITING = new WeakMap<Application, Judge>();

/** An instance reads all keys, changes its own, and gives what it has changed; its reads stay with it. */
export const invalidationTask: Task<InvalidationParams, WriteLog> = {
  name: 'invalidation',
  run: async (application, { startAtMs }) => {
    const { spec, subject, host, clock } = application;
    const { scenario, variant, share } = spec;
    const work = workOf(scenario, 'invalidation');
    if (subject.system === undefined) throw new CachectlError('BAD_SCENARIO', 'an invalidation needs a tier');
    const { cache } = subject.system;
    const random = seededRandom(scenario.seed).fork(`instance ${share.index} of ${share.count}`);
    const telling = tellBy(variant.engine.invalidateBy, cache, scenario.keyspace.keys);
    const fromMs = startAtMs + scenario.warmupMs;
    const recording = new Recording(fromMs, 'closed');
    const reads = new ReadLogger(readsOf(work, scenario.durationMs, share.count));
    const changes = new LatencyRecorder();
    const writes = new WriteLogger();
    await delay(clock, Math.max(0, startAtMs - machineMs()));
    const common = { application, cache, work, random, telling, recording, fromMs };
    const endMs = fromMs + readingMs(work, scenario);
    const progress = tellProgress(application, recording, { startAtMs, fromMs, endMs });
    const reading = readData({ ...common, startAtMs, log: reads });
    await delay(clock, Math.max(0, fromMs - machineMs()));
    const gauges = await Gauges.begin(subject, host, clock);
    const writing = changeData({ ...common, log: writes, changes });
    const [loads] = await Promise.all([reading, writing]);
    progress.stop();
    const counted = { ...(await gauges.finish()), loads };
    const recorded = recording.finish(machineMs());
    WAITING.set(application, judgeOf(application, { reads: reads.finish(), changes, recorded, counted }));
    return writes.finish();
  },
};

interface Measured {
  readonly reads: ReadLog;
  readonly changes: LatencyRecorder;
  readonly recorded: Recorded;
  readonly counted: Counted;
}

/** Judges once: the recordings are freed by it. */
function judgeOf({ spec, subject }: Application, { reads, changes, recorded, counted }: Measured): Judge {
  const { engine } = spec.variant;
  return (writes) => {
    const staleness = judgeStaleness(writes, reads, boundOf(engine));
    const metrics = { ...metricsOf(staleness, engine), changes: changes.count };
    const distributions = { ...distributionsOf(staleness), change: changes };
    const result = resultOf(spec, subject, recorded, counted, metrics, distributions);
    for (const recorder of Object.values(distributions)) recorder.close();
    return { result, visibleMs: staleness.changes.visibleMs };
  };
}

/** Then it judges its own reads by what all have changed. */
export const judgeTask: Task<JudgeParams, JudgedInstance> = {
  name: 'invalidation-judge',
  run: async (application, { writes }) => {
    const judge = WAITING.get(application);
    WAITING.delete(application);
    if (judge === undefined) throw new CachectlError('UNEXPECTED', 'there are no reads to judge');
    return judge(writes);
  },
};

/** Reads that one of so many instances logs, at most. */
export function readsOf(work: InvalidationWork, durationMs: number, instances: number): number {
  return Math.ceil((work.readRate * readingMs(work, { durationMs })) / 1000 / instances) + 1;
}
