import type { ReadLog, WriteLog } from './version-log.ts';

/**
 * What one instance was given, held against what all have changed. Times are milliseconds. Nothing is sampled: each read
 * is judged against all changes of its key.
 *
 * A change is acknowledged when the call that invalidates has returned. Only reads that began after that can be
 * stale: before it nobody was promised anything.
 */
export interface Staleness {
  readonly reads: number;
  /** Reads that began after a version newer than the one that they returned had been acknowledged. */
  readonly stale: number;
  /** Stale reads whose {@link maxAgeMs age} is over the bound. */
  readonly beyondBound: number;
  /** The age of a stale read is the time from the first acknowledgement of a newer version to its begin; 0 without one. */
  readonly maxAgeMs: number;
  /**
   * Reads that returned an older version than an earlier read of this instance had returned (one that had ended when
   * this one began), although that version, or one between the two, had been acknowledged. Each is stale too.
   */
  readonly resurrected: number;
  /** Changes that this instance still did not see in its last read of the key, which began after the acknowledgement. */
  readonly unseen: number;
  /** What became of each change here, in the order of the write log. */
  readonly changes: SeenChanges;
}

/**
 * How an instance came to see each change that was acknowledged. Its last old read is the one of a lower version that
 * began last; a change of a key that the instance never returned an older version of has none, and nothing is said of
 * it: there was nothing to forget. All reads that began after the last old one returned this version or a newer one,
 * and it is visible when the first of them has ended.
 *
 * The truth lies between `staleForMs` and `visibleMs`; they differ by the time in which the instance did not ask.
 */
export interface SeenChanges {
  /** From the acknowledgement until it was visible, 0 when it was before; NaN without a say, Infinity when unseen. */
  readonly visibleMs: Float64Array;
  /** From the begin of the change until it was visible; NaN and Infinity likewise. */
  readonly sinceBegunMs: Float64Array;
  /** From the acknowledgement to the begin of the last old read, 0 when that began before it; NaN without a say. */
  readonly staleForMs: Float64Array;
  /** Source of the last old read; of no meaning where the others are NaN. */
  readonly lastSources: Uint8Array;
}

type Changes = { readonly [Name in keyof SeenChanges]: SeenChanges[Name] };
type Counts = { -readonly [Name in Exclude<keyof Staleness, 'reads' | 'changes'>]: number };

/**
 * Judges the reads of one instance by the changes of all. A key's versions must be different; they grow with the changes.
 * In O(r log r + w log r) for the reads r and writes w of each key.
 * @param boundMs age that a stale read may have; 0: none may
 */
export function judgeStaleness(writes: WriteLog, reads: ReadLog, boundMs: number): Staleness {
  const counts: Counts = { stale: 0, beyondBound: 0, maxAgeMs: 0, resurrected: 0, unseen: 0 };
  const changes: Changes = {
    visibleMs: new Float64Array(writes.keys.length).fill(Number.NaN),
    sinceBegunMs: new Float64Array(writes.keys.length).fill(Number.NaN),
    staleForMs: new Float64Array(writes.keys.length).fill(Number.NaN),
    lastSources: new Uint8Array(writes.keys.length),
  };
  const readsByKey = groupByKey(reads.keys);
  for (const [key, indexes] of groupByKey(writes.keys)) {
    const byEnd = readsByKey.get(key);
    if (byEnd === undefined) continue;
    const byBegin = byEnd.toSorted((a, b) => at(reads.begunMs, a) - at(reads.begunMs, b));
    const history = new History(writes, indexes);
    judgeReads(history, reads, byBegin, byEnd, boundMs, counts);
    followChanges(history, reads, byBegin, changes, counts);
  }
  return { reads: reads.keys.length, ...counts, changes };
}

/** The changes of one key, from the lowest version to the highest. */
class History {
  readonly writes: WriteLog;
  readonly order: Uint32Array;
  /** When any of this version and those above it was first acknowledged, by rank. */
  readonly #firstAckMs: Float64Array;

  constructor(writes: WriteLog, indexes: Uint32Array) {
    this.writes = writes;
    this.order = indexes.toSorted((a, b) => at(writes.versions, a) - at(writes.versions, b));
    this.#firstAckMs = new Float64Array(this.order.length + 1).fill(Infinity);
    for (let rank = this.order.length - 1; rank >= 0; rank--) {
      const ackedMs = at(writes.ackedMs, at(this.order, rank));
      this.#firstAckMs[rank] = Math.min(ackedMs, at(this.#firstAckMs, rank + 1));
    }
  }

  /** When a version above this one was first acknowledged; Infinity when none was. */
  outdatedMs(version: number): number {
    return at(this.#firstAckMs, this.#rankAbove(version));
  }

  /** Whether a version above `low`, up to `high`, was acknowledged before. */
  wasAcked(low: number, high: number, beforeMs: number): boolean {
    const end = this.#rankAbove(high);
    for (let rank = this.#rankAbove(low); rank < end; rank++) {
      if (at(this.writes.ackedMs, at(this.order, rank)) < beforeMs) return true;
    }
    return false;
  }

  #rankAbove(version: number): number {
    const { order, writes } = this;
    return partition(order.length, (rank) => at(writes.versions, at(order, rank)) > version);
  }
}

function judgeReads(
  history: History,
  { begunMs, endedMs, versions }: ReadLog,
  byBegin: Uint32Array,
  byEnd: Uint32Array,
  boundMs: number,
  counts: Counts,
): void {
  let ended = 0;
  let newest = 0;
  for (const read of byBegin) {
    const begun = at(begunMs, read);
    const version = at(versions, read);
    for (; ended < byEnd.length && at(endedMs, at(byEnd, ended)) <= begun; ended++) {
      newest = Math.max(newest, at(versions, at(byEnd, ended)));
    }
    const ageMs = begun - history.outdatedMs(version);
    if (ageMs <= 0) continue;
    counts.stale++;
    counts.maxAgeMs = Math.max(counts.maxAgeMs, ageMs);
    if (ageMs > boundMs) counts.beyondBound++;
    if (newest > version && history.wasAcked(version, newest, begun)) counts.resurrected++;
  }
}

function followChanges(
  { writes, order }: History,
  { begunMs, endedMs, versions, sources }: ReadLog,
  byBegin: Uint32Array,
  changes: Changes,
  counts: Counts,
): void {
  const count = byBegin.length;
  // of the reads from this one on
  const lowest = new Float64Array(count + 1).fill(Infinity);
  const firstEndMs = new Float64Array(count + 1).fill(Infinity);
  for (let i = count - 1; i >= 0; i--) {
    lowest[i] = Math.min(at(versions, at(byBegin, i)), at(lowest, i + 1));
    firstEndMs[i] = Math.min(at(endedMs, at(byBegin, i)), at(firstEndMs, i + 1));
  }
  for (const write of order) {
    const ackedMs = at(writes.ackedMs, write);
    const firstNew = partition(count, (i) => at(lowest, i) >= at(writes.versions, write));
    if (firstNew === 0 || ackedMs === Infinity) continue;
    const lastOld = at(byBegin, firstNew - 1);
    const staleForMs = Math.max(0, at(begunMs, lastOld) - ackedMs);
    if (firstNew === count && staleForMs === 0) continue;
    if (firstNew === count) counts.unseen++;
    const visibleAtMs = at(firstEndMs, firstNew);
    changes.visibleMs[write] = Math.max(0, visibleAtMs - ackedMs);
    changes.sinceBegunMs[write] = Math.max(0, visibleAtMs - at(writes.begunMs, write));
    changes.staleForMs[write] = staleForMs;
    changes.lastSources[write] = at(sources, lastOld);
  }
}

/** The lowest index from which on `isAbove` holds, of one that holds from some index on; `length` when it never does. */
function partition(length: number, isAbove: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAbove(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Indexes by what stands there, in their order, in two passes and without an object for each. */
function groupByKey(keys: Uint32Array): ReadonlyMap<number, Uint32Array> {
  const sizes = new Map<number, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  const groups = new Map([...sizes].map(([key, size]) => [key, new Uint32Array(size)] as const));
  sizes.clear();
  for (const [index, key] of keys.entries()) {
    const filled = sizes.get(key) ?? 0;
    const group = groups.get(key);
    if (group !== undefined) group[filled] = index;
    sizes.set(key, filled + 1);
  }
  return groups;
}

/** Of an index that is known to be there. */
function at(values: Float64Array | Uint32Array | Uint8Array, index: number): number {
  return values[index] ?? Number.NaN;
}
