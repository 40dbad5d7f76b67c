/**
 * Changes of the data in the order in which their calls ended; plain data. Times are milliseconds of the clock that all
 * processes of the machine share.
 */
export interface WriteLog {
  readonly keys: Uint32Array;
  /** That the change gave to the key. */
  readonly versions: Uint32Array;
  /** Before the data was changed. */
  readonly begunMs: Float64Array;
  /** When the call that invalidates had returned; Infinity when it failed although the data was changed. */
  readonly ackedMs: Float64Array;
}

/** Reads of one instance in the order in which they ended; the same clock. */
export interface ReadLog {
  readonly keys: Uint32Array;
  /** That was returned. */
  readonly versions: Uint32Array;
  /** Where the value came from, as a number of the one who logs. */
  readonly sources: Uint8Array;
  readonly begunMs: Float64Array;
  readonly endedMs: Float64Array;
}

/** What a read takes in a {@link ReadLog}, in bytes. */
export const READ_BYTES: number = 4 + 4 + 1 + 8 + 8;

/** Writes down reads, up to a number that is known before. */
export class ReadLogger {
  readonly #log: ReadLog;
  #count = 0;

  constructor(capacity: number) {
    this.#log = {
      keys: new Uint32Array(capacity),
      versions: new Uint32Array(capacity),
      sources: new Uint8Array(capacity),
      begunMs: new Float64Array(capacity),
      endedMs: new Float64Array(capacity),
    };
  }

  /** A read that has ended just now. Beyond the capacity typed arrays drop what they are given: it must be right. */
  add(key: number, version: number, source: number, begunMs: number, endedMs: number): void {
    const at = this.#count++;
    this.#log.keys[at] = key;
    this.#log.versions[at] = version;
    this.#log.sources[at] = source;
    this.#log.begunMs[at] = begunMs;
    this.#log.endedMs[at] = endedMs;
  }

  /** What was written down, over the same memory. */
  finish(): ReadLog {
    const { keys, versions, sources, begunMs, endedMs } = this.#log;
    const count = this.#count;
    return {
      keys: keys.subarray(0, count),
      versions: versions.subarray(0, count),
      sources: sources.subarray(0, count),
      begunMs: begunMs.subarray(0, count),
      endedMs: endedMs.subarray(0, count),
    };
  }
}

/** Writes down changes: they are few. */
export class WriteLogger {
  readonly #writes: (readonly [key: number, version: number, begunMs: number, ackedMs: number])[] = [];

  add(key: number, version: number, begunMs: number, ackedMs: number): void {
    this.#writes.push([key, version, begunMs, ackedMs]);
  }

  finish(): WriteLog {
    const writes = this.#writes;
    return {
      keys: Uint32Array.from(writes, ([key]) => key),
      versions: Uint32Array.from(writes, ([, version]) => version),
      begunMs: Float64Array.from(writes, ([, , begunMs]) => begunMs),
      ackedMs: Float64Array.from(writes, ([, , , ackedMs]) => ackedMs),
    };
  }
}

/** The changes of several instances as one log, those of one instance after those of another. */
export function joinWrites(logs: readonly WriteLog[]): WriteLog {
  return {
    keys: Uint32Array.from(logs.flatMap(({ keys }) => [...keys])),
    versions: Uint32Array.from(logs.flatMap(({ versions }) => [...versions])),
    begunMs: Float64Array.from(logs.flatMap(({ begunMs }) => [...begunMs])),
    ackedMs: Float64Array.from(logs.flatMap(({ ackedMs }) => [...ackedMs])),
  };
}
