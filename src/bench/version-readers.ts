import { machineMs } from '../base/clock.ts';
import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { type InvalidationWork, readingMs } from '../config/kinds/invalidation.ts';
import type { Cache } from '../engine/index.ts';
import { createKeyDistribution } from '../workload/distributions.ts';
import { drawsOf } from './schedule.ts';
import { KeyNames } from '../workload/key-names.ts';
import { readValueHeader } from '../workload/values.ts';
import type { Telling } from './changes.ts';
import type { Application } from './instances/application.ts';
import type { Recording } from './recording.ts';
import { ORIGIN, sourceNumber } from './staleness-figures.ts';
import type { ReadLogger } from './version-log.ts';

/** What readers and writers of an instance have in common. Times are milliseconds of the machine's clock. */
export interface VersionedWork {
  readonly application: Application;
  readonly cache: Cache;
  readonly work: InvalidationWork;
  readonly random: Random;
  readonly telling: Telling;
  readonly recording: Recording;
  /** When the measured part begins. */
  readonly fromMs: number;
}

export interface Reading extends VersionedWork {
  /** When the first read is due. */
  readonly startAtMs: number;
  readonly log: ReadLogger;
}

/** Reads that are due are sent this often: a timer for each would cost more than they do. */
const TICK_MS = 1;
/** Longest wait without a look at the signal. */
const LONGEST_WAIT_MS = 50;
/** Reads of an instance under way at once, beyond which those that are due are not made: they would pile up. */
const MOST_UNDER_WAY = 64;

/**
 * Sends the instance's share of the reads at an even rate, and logs those that are due in the measured part. Each is
 * judged by when it was really sent, so that the tick costs resolution and nothing else. A read that is due while too many
 * are under way is left out: the rate is not reached then. Gives the number of loads from the origin in the measured part.
 */
export async function readData(reading: Reading): Promise<number> {
  const { application, work, fromMs, startAtMs } = reading;
  const { clock, signal, spec } = application;
  const endMs = fromMs + readingMs(work, spec.scenario);
  const gapMs = (spec.share.count * 1000) / work.readRate;
  const reader = new VersionReader(reading);
  const underWay = new Set<Promise<void>>();
  for (let sent = 0, dueMs = startAtMs; dueMs < endMs && !signal.aborted;) {
    for (const nowMs = machineMs(); dueMs <= nowMs && dueMs < endMs; dueMs = startAtMs + ++sent * gapMs) {
      if (underWay.size >= MOST_UNDER_WAY) continue;
      const one = reader.read(dueMs >= fromMs);
      underWay.add(one);
      void one.then(() => underWay.delete(one));
    }
    await delay(clock, Math.max(TICK_MS, Math.min(dueMs - machineMs(), LONGEST_WAIT_MS)));
  }
  await Promise.all(underWay);
  return reader.loads;
}

class VersionReader {
  readonly #reading: Reading;
  readonly #names: KeyNames;
  readonly #nextKey: () => number;
  /** In the measured part. */
  loads = 0;

  constructor(reading: Reading) {
    const { scenario } = reading.application.spec;
    const { keyspace } = drawsOf(scenario);
    const layout = seededRandom(scenario.seed).fork('layout');
    const draws = reading.random.fork('keys');
    const keys = createKeyDistribution(keyspace, layout, draws);
    this.#reading = reading;
    this.#names = new KeyNames('', keyspace.keys);
    this.#nextKey = () => keys.next();
  }

  /** Reads a key of the scenario's distribution. Never rejects: what fails is recorded. */
  async read(isMeasured: boolean): Promise<void> {
    const { cache, work, telling, recording, log } = this.#reading;
    const key = this.#nextKey();
    const options = { ttl: work.ttlMs, tags: telling.tagsOf(key) };
    const begunMs = machineMs();
    try {
      const load = (): Promise<Uint8Array> => this.#load(key, isMeasured);
      const { value, source } = await cache.resolve(this.#names.of(key), load, options);
      const endedMs = machineMs();
      const version = versionOf(value, key);
      if (!isMeasured) return;
      const from = sourceNumber(source);
      log.add(key, version, from, begunMs, endedMs);
      recording.done('getOrLoad', begunMs, begunMs, endedMs, from === ORIGIN ? 'miss' : 'hit');
    } catch (error) {
      if (isMeasured) recording.failed(begunMs, machineMs(), error);
    }
  }

  async #load(key: number, isMeasured: boolean): Promise<Uint8Array> {
    const { bed, subject } = this.#reading.application;
    if (isMeasured) this.loads++;
    return subject.values.make(key, await bed.origin.load(key));
  }
}

/** @throws CachectlError `CORRUPT_ENTRY` when it is no value of this key */
function versionOf(value: Uint8Array | undefined, key: number): number {
  const header = value === undefined ? undefined : readValueHeader(value);
  if (header?.keyIndex === key) return header.version;
  throw new CachectlError('CORRUPT_ENTRY', 'a wrong value was read');
}
