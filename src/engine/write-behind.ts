import { randomUUID } from 'node:crypto';
import { systemClock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { jsonCodec } from './codec.ts';
import { type Duration, durationMs } from './options.ts';
import type { QueuedWrite } from './queued-writes.ts';
import type { WriteBehindCounts, WriteBehindOptions } from './write-behind-options.ts';
import { WriteBehindWorker } from './write-behind-worker.ts';

export interface WriteBehind {
  counts(): WriteBehindCounts;
  /**
   * Goes on until the queue is empty or the deadline (default 5 s) is over, and stops within half a second of it; what
   * is left stays in the queue. True when nothing is left.
   */
  close(options?: { readonly deadline?: Duration }): Promise<boolean>;
}

/**
 * Starts a worker that drains queued writes into the database. Several workers, in any processes, share a queue.
 *
 * A write leaves the queue only after `apply` resolved for it, so a process that is killed loses nothing; but a write
 * may be applied twice, and after failures of processes an older write of a key may come after a newer one. So
 * `apply` must do no harm when it is repeated, and must not let an older write overwrite a newer one:
 *
 * ```sql
 * INSERT INTO product (id, data, version) VALUES ($key, $value, $sequence)
 *   ON CONFLICT (id) DO UPDATE SET data = excluded.data, version = excluded.version
 *   WHERE product.version < excluded.version
 * ```
 *
 * While nothing fails, one worker passes the writes of a key in order. When a batch fails its writes are tried one by
 * one; what fails is tried again after a pause, and holds up only later writes of its key. A failure counts against a
 * write only when another write was applied since it was tried last: an outage of the database gives nothing up,
 * however long it lasts.
 *
 * @throws CachectlError `BAD_USAGE` when an option is wrong
 */
export function startWriteBehind<T = unknown>(options: WriteBehindOptions<T>): WriteBehind {
  const applyTimeoutMs = durationMs(options.applyTimeout ?? 10_000, 'applyTimeout');
  const abandonedMs = durationMs(options.abandonedAfter ?? 60_000, 'abandonedAfter');
  if (abandonedMs < 2 * applyTimeoutMs) {
    throw new CachectlError('BAD_USAGE', 'abandonedAfter must be at least twice applyTimeout', {
      hint: 'otherwise other workers take what is still being applied',
    });
  }
  const worker = new WriteBehindWorker({
    queue: options.queue,
    apply: (writes, context) => options.apply(writes as readonly QueuedWrite<T>[], context),
    onPoison: options.onPoison,
    codec: options.codec ?? jsonCodec,
    consumer: options.consumer ?? randomUUID(),
    batch: atLeastOne(options.batch ?? 100, 'batch'),
    perKey: options.perKey ?? 'every',
    maxFailures: atLeastOne(options.maxFailures ?? 8, 'maxFailures'),
    applyTimeoutMs,
    abandonedMs,
    firstBackoffMs: durationMs(options.firstBackoff ?? 200, 'firstBackoff'),
    longestBackoffMs: durationMs(options.longestBackoff ?? 30_000, 'longestBackoff'),
    onError: options.onError ?? (() => {}),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom(),
  });
  worker.start();
  return {
    counts: () => ({ ...worker.counts }),
    close: ({ deadline = 5000 } = {}) => worker.close(durationMs(deadline, 'deadline')),
  };
}

function atLeastOne(count: number, name: string): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new CachectlError('BAD_USAGE', `${name}: ${count} is not an integer of at least 1`);
}
