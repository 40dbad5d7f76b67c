import { formatCount, formatSize } from '../../base/units.ts';
import { messageOf } from '../../base/errors.ts';
import type { Warning } from '../../results/run-result.ts';
import type { Operation } from '../../workload/operations.ts';
import type { TraceOperation } from '../../workload/traces/operation.ts';
import { TwitterTraceWriter } from '../../workload/traces/twitter-writer.ts';

/** What waits for the disk is kept up to so much; beyond it the recording ends, and not the run. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

const RECORDED_AS: Readonly<Record<Operation, TraceOperation>> = {
  getOrLoad: 'get',
  get: 'get',
  multiGet: 'multi-get',
  set: 'set',
  delete: 'delete',
  touch: 'touch',
  incr: 'incr',
};

/** What a trace has of an operation. */
export interface Performed {
  readonly timeMs: number;
  readonly key: string;
  readonly operation: Operation;
  readonly valueBytes: number;
  readonly ttlMs: number | undefined;
}

/**
 * Records the operations of a run, in the order in which they begin, in the format of Twitter's traces. It never makes
 * the load wait: what the disk is too slow for is kept, and when that is too much the recording ends with a warning.
 */
export class RunRecorder {
  readonly #path: string;
  readonly #writer: TwitterTraceWriter;
  readonly #mostWaitingBytes: number;
  #stopped: string | undefined;

  constructor(path: string, mostWaitingBytes: number = MOST_WAITING_BYTES) {
    this.#path = path;
    this.#writer = new TwitterTraceWriter(path);
    this.#mostWaitingBytes = mostWaitingBytes;
  }

  /** Never waits and never throws. */
  note({ timeMs, key, operation, valueBytes, ttlMs }: Performed): void {
    if (this.#stopped !== undefined) return;
    try {
      const ttlSeconds = operation === 'set' && ttlMs !== undefined ? ttlMs / 1000 : undefined;
      const room = this.#writer.write({
        timeMs,
        key,
        operation: RECORDED_AS[operation],
        valueBytes,
        ttlSeconds,
      });
      if (room === undefined) return;
      room.catch((error: unknown) => this.#stop(messageOf(error)));
      if (this.#writer.waitingBytes > this.#mostWaitingBytes) {
        this.#stop(`the disk is too slow: more than ${formatSize(this.#mostWaitingBytes)} waited for it`);
      }
    } catch (error) {
      this.#stop(messageOf(error));
    }
  }

  /** Writes what is left. Gives a warning when the recording is not of the whole run. */
  async close(): Promise<readonly Warning[]> {
    await this.#writer.close().catch((error: unknown) => this.#stop(messageOf(error)));
    if (this.#stopped === undefined) return this.#leftOut();
    const message = `the recording in ${this.#path} ends after ${formatCount(this.#writer.records)} operations: ${this.#stopped}`;
    return [{ code: 'recording_stopped', message }];
  }

  #leftOut(): readonly Warning[] {
    const { skipped } = this.#writer;
    if (skipped === 0) return [];
    const message = `the recording in ${this.#path} is without the touches of the run (${formatCount(skipped)}): its format has no word for them`;
    return [{ code: 'trace_altered', message }];
  }

  #stop(why: string): void {
    this.#stopped ??= why;
  }
}

/** The file of a part of a run: `run.csv` is `run.redis.csv` for a variant, `run.redis.2.csv` for its instance 2. */
export function recordFile(path: string, parts: readonly (string | number)[]): string {
  const [, stem = path, extension = ''] = /^(.*[^/\\])(\.[^./\\]*)$/s.exec(path) ?? [];
  return [stem, ...parts].join('.') + extension;
}
