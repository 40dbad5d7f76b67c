import { seededRandom } from '../base/random.ts';
import { CachectlError } from '../base/errors.ts';
import type { Warning } from '../results/run-result.ts';
import type { Pacer } from '../workload/arrivals.ts';
import { DrawSequence } from '../workload/draw-sequence.ts';
import { keyNamer } from '../workload/key-names.ts';
import type { Operation } from '../workload/operations.ts';
import type { Loop, Supply } from './executors/executor.ts';
import type { Course, VariantRun } from './plan.ts';
import { Replay } from './replay/replay.ts';
import { RunRecorder } from './replay/recorder.ts';
import { drawsOf } from './schedule.ts';
import { WHOLE } from './share.ts';
import type { Subject } from './subject.ts';

/** Where the operations of a load come from: they are drawn, or read from a trace. */
export interface Source extends Pick<Loop, 'nextOperation' | 'nextKey' | 'supply'> {
  /** A further key of the operation that was taken last: a multi-get has several. */
  readonly anotherKey: () => number;
  /** When they are due, where that too is read. */
  readonly pacer?: Pacer | undefined;
  /** The key as it is called where the operations come from. */
  readonly keyText: (keyIndex: number) => string;
  /** Gives what is to be said of it. */
  readonly close: () => Promise<readonly Warning[]>;
}

/**
 * The operations of this process' share, recorded where the run says so. The first ones are there when it is open.
 *
 * @throws CachectlError as opening a trace does
 */
export async function openSource(run: VariantRun, subject: Subject): Promise<Source> {
  const source = run.scenario.trace === undefined ? drawn(run) : await replayed(run, subject);
  return run.record === undefined ? source : recorded(source, run.record, run, subject);
}

function drawn({ scenario, course, share, drawShare = share }: VariantRun): Source {
  const draws = new DrawSequence(drawsOf(scenario), seededRandom(scenario.seed), drawShare);
  const nextKey = (): number => draws.nextKey();
  const source: Source = {
    nextOperation: () => draws.nextOperation(),
    nextKey,
    anotherKey: nextKey,
    keyText: keyNamer(scenario.keyspace.keyBytes),
    close: async () => [],
  };
  return course === undefined ? source : onCourse(source, course);
}

function onCourse(source: Source, { requests, keyOf }: Course): Source {
  let request = 0;
  const supply: Supply = {
    get isReady() {
      return request < requests;
    },
    refill: async () => false,
  };
  return {
    ...source,
    nextKey: () => keyOf(source.nextKey(), request++),
    anotherKey: () => keyOf(source.anotherKey(), request - 1),
    supply,
  };
}

async function replayed({ scenario, share = WHOLE }: VariantRun, { traced }: Subject): Promise<Source> {
  if (scenario.trace === undefined || traced === undefined) {
    throw new CachectlError('UNEXPECTED', 'a replay has no trace, or no values as it says');
  }
  const replay = await Replay.open(scenario.trace, traced, share);
  await replay.refill();
  return {
    nextOperation: () => replay.nextOperation(),
    nextKey: () => replay.nextKey(),
    anotherKey: () => {
      throw new CachectlError('UNEXPECTED', 'a replay has no multi-gets: it reads their keys one by one');
    },
    supply: replay,
    pacer: replay,
    keyText: (keyIndex) => replay.keyText(keyIndex),
    close: async () => {
      await replay.close();
      return [];
    },
  };
}

function recorded(source: Source, file: string, { clock }: VariantRun, subject: Subject): Source {
  const { values, traced } = subject;
  const recorder = new RunRecorder(file);
  const startMs = clock.nowMs();
  let operation: Operation = 'get';
  const noted = (keyIndex: number): number => {
    recorder.note({
      timeMs: clock.nowMs() - startMs,
      key: source.keyText(keyIndex),
      operation,
      valueBytes: values.sizeOf(keyIndex),
      ttlMs: traced?.ttlMsOf(keyIndex),
    });
    return keyIndex;
  };
  return {
    ...source,
    nextOperation: () => (operation = source.nextOperation()),
    nextKey: () => noted(source.nextKey()),
    anotherKey: () => noted(source.anotherKey()),
    close: async () => [...(await source.close()), ...(await recorder.close())],
  };
}
