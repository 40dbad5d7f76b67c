import { machineMs } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import type { LatencyRecorder } from '../metrics/latency.ts';
import { createPacer } from '../workload/arrivals.ts';
import { constantRate } from '../workload/rates/constant.ts';
import type { Share } from './share.ts';
import type { WriteLogger } from './version-log.ts';
import type { VersionedWork } from './version-readers.ts';

export interface Writing extends VersionedWork {
  readonly log: WriteLogger;
  /** Takes how long each change took. */
  readonly changes: LatencyRecorder;
}

/** Longest wait without a look at the signal. */
const LONGEST_WAIT_MS = 50;

/**
 * Changes the keys that are this instance's own, all equally often, at its share of the rate, as if by users who know
 * nothing of each other. A change waits for the one before it, so that the versions of a key are acknowledged in order.
 */
export async function changeData(writing: Writing): Promise<void> {
  const { application, work, random, fromMs } = writing;
  const { clock, signal, spec } = application;
  const { keyspace, durationMs } = spec.scenario;
  const own = ownKeys(spec.share, keyspace.keys);
  if (own === 0) return;
  const pacer = createPacer(
    'poisson',
    constantRate(work.writeRate / spec.share.count),
    random.fork('changes'),
  );
  const draws = random.fork('changed keys');
  for (let dueMs = fromMs + pacer.nextDueMs(); !signal.aborted && dueMs < fromMs + durationMs;) {
    const waitMs = dueMs - machineMs();
    if (waitMs > 0) {
      await delay(clock, Math.min(waitMs, LONGEST_WAIT_MS));
      continue;
    }
    await change(writing, ownKey(spec.share, Math.floor(draws.next() * own)));
    dueMs = fromMs + pacer.nextDueMs();
  }
}

/** How many of the keys are an instance's own. */
export function ownKeys({ index, count }: Share, keys: number): number {
  return Math.max(0, Math.ceil((keys - index) / count));
}

/** The `nth` of them, from 0. */
export function ownKey({ index, count }: Share, nth: number): number {
  return index + count * nth;
}

/** Never rejects: what fails is recorded, and a change that was made without being told of is logged as such. */
async function change(
  { application, telling, recording, log, changes }: Writing,
  key: number,
): Promise<void> {
  const { origin } = application.bed;
  let version: number | undefined;
  const begunMs = machineMs();
  try {
    await telling.change(key, async () => {
      version = await origin.change(key);
    });
    const ackedMs = machineMs();
    changes.record(ackedMs - begunMs);
    if (version !== undefined) log.add(key, version, begunMs, ackedMs);
  } catch (error) {
    if (version !== undefined) log.add(key, version, begunMs, Infinity);
    recording.failed(begunMs, machineMs(), error);
  }
}
