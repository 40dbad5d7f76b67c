import { delay } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { QueueMessage } from '../backends/queue.ts';
import { type HeldWrite, HeldWrites } from './held-writes.ts';
import { decodeWrite } from './queued-writes.ts';
import type { PoisonWrite, WriteBehindOptions } from './write-behind-options.ts';

/** How long one call waits for messages: closing waits for it to end. */
const TAKE_WAIT_MS = 500;
/** So many failures in a row, one by one, look like an outage: the rest is not even tried. */
const FAILURES_OF_AN_OUTAGE = 3;
/** Failed writes do not hold up others until they fill so many batches. */
const MOST_BATCHES_HELD = 10;

/** How often the queue hears from a worker within the time after which it would count as dead. */
const SIGNS_OF_LIFE = 4;

/** The options of startWriteBehind, with all defaults, and times in milliseconds. */
export interface WorkerOptions extends Required<
  Omit<WriteBehindOptions, 'applyTimeout' | 'abandonedAfter' | 'firstBackoff' | 'longestBackoff'>
> {
  readonly applyTimeoutMs: number;
  readonly abandonedMs: number;
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
}

/** Takes, applies and acknowledges in turns, one thing at a time. */
export class WriteBehindWorker {
  readonly counts = { applied: 0, failures: 0, poisoned: 0, superseded: 0 };
  readonly #options: WorkerOptions;
  readonly #held: HeldWrites;
  /** Messages that ended and could not be acknowledged yet. */
  #ended: string[] = [];
  #extendAtMs = 0;
  /** Failures of the queue, and rounds in which nothing could be applied, in a row. */
  #failures = { take: 0, rounds: 0 };
  #takeAtMs = 0;
  #roundAtMs = 0;
  readonly #closing = new AbortController();
  readonly #expired = new AbortController();
  #running: Promise<boolean> = Promise.resolve(true);

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#held = new HeldWrites(options.perKey, options.maxFailures);
  }

  start(): void {
    this.#running = this.#run();
  }

  close(deadlineMs: number): Promise<boolean> {
    if (this.#closing.signal.aborted) return this.#running;
    const closed = new CachectlError('CLOSED', 'the write-behind worker was closed');
    const cancel = this.#options.clock.setTimer(() => this.#expired.abort(closed), deadlineMs);
    this.#takeAtMs = this.#roundAtMs = 0;
    this.#held.retryNow();
    this.#closing.abort();
    return this.#running.finally(cancel);
  }

  async #run(): Promise<boolean> {
    while (!this.#expired.signal.aborted) {
      await this.#extend();
      const taken = await this.#take();
      await this.#round();
      await this.#acknowledge([]);
      const isEmpty = taken === 0 && this.#held.size === 0 && this.#ended.length === 0;
      if (this.#closing.signal.aborted && isEmpty) return true;
    }
    return false;
  }

  /** Takes more, or waits until there is something to do. The number of messages; undefined: it is not known. */
  async #take(): Promise<number | undefined> {
    const { queue, clock, consumer, batch, abandonedMs } = this.#options;
    const room = Math.min(batch, MOST_BATCHES_HELD * batch - this.#held.size);
    const idleMs = this.#idleMs();
    if (room <= 0 || clock.nowMs() < this.#takeAtMs) {
      await this.#sleep(Math.min(idleMs, room > 0 ? this.#takeAtMs - clock.nowMs() : Infinity));
      return undefined;
    }
    const closing = this.#closing.signal.aborted && this.#held.size === 0;
    const waitMs = closing ? 0 : Math.min(TAKE_WAIT_MS, idleMs);
    try {
      const messages = await queue.take(consumer, { most: room, waitMs, abandonedMs });
      this.#failures.take = 0;
      for (const message of messages) await this.#hold(message);
      return messages.length;
    } catch (error) {
      this.#options.onError({ stage: 'take', error });
      this.#takeAtMs = clock.nowMs() + this.#backoffMs(this.#failures.take++);
      return undefined;
    }
  }

  async #hold(message: QueueMessage): Promise<void> {
    const { id, sequence, body, deliveries } = message;
    if (this.#held.has(id)) return;
    try {
      const { key, value } = decodeWrite(this.#options.codec, message);
      const write = { key, value, id, sequence, deliveries, superseded: false };
      const strikes = deliveries - 1;
      const appliedBefore = this.counts.applied;
      this.#held.add({ write, body, ids: [id], failures: 0, strikes, appliedBefore, retryAtMs: 0 });
    } catch (error) {
      if (await this.#giveUp({ id, sequence, body, write: undefined, error })) await this.#acknowledge([id]);
    }
  }

  async #round(): Promise<void> {
    const { clock, batch } = this.#options;
    if (clock.nowMs() < this.#roundAtMs) return;
    const superseded = this.#held.superseded();
    this.counts.superseded += superseded.length;
    await this.#end(superseded);
    const calm = this.#held.calm(batch);
    const appliedBefore = this.counts.applied;
    const isDone = calm.length > 1 && (await this.#apply(calm));
    const failed = await this.#oneByOne([...(isDone ? [] : calm), ...this.#held.due(clock.nowMs())]);
    if (!failed || this.counts.applied > appliedBefore) this.#failures.rounds = 0;
    else this.#roundAtMs = clock.nowMs() + this.#backoffMs(this.#failures.rounds++);
  }

  /** Whether one failed. */
  async #oneByOne(items: readonly HeldWrite[]): Promise<boolean> {
    let inARow = 0;
    let failed = false;
    for (const item of items) {
      if (this.#held.waits(item)) continue;
      inARow = (await this.#apply([item])) ? 0 : inARow + 1;
      failed ||= inARow > 0;
      if (inARow === FAILURES_OF_AN_OUTAGE) break;
    }
    return failed;
  }

  /** Whether they were applied. */
  async #apply(items: readonly HeldWrite[]): Promise<boolean> {
    const writes = items.map(({ write }) => ({
      ...write,
      superseded: this.#held.isSuperseded(write.key, write.sequence),
    }));
    try {
      await this.#bounded((signal) => this.#options.apply(writes, { signal }));
    } catch (error) {
      if (this.#expired.signal.aborted) return false;
      this.counts.failures++;
      this.#options.onError({ stage: 'apply', error });
      const [single] = items;
      if (single !== undefined && items.length === 1) await this.#failed(single, error);
      return false;
    }
    this.counts.applied += items.length;
    for (const item of items) this.#held.applied(item);
    await this.#end(items);
    return true;
  }

  async #failed(item: HeldWrite, error: unknown): Promise<void> {
    const { clock, maxFailures } = this.#options;
    if (this.counts.applied > item.appliedBefore) item.strikes++;
    item.appliedBefore = this.counts.applied;
    item.retryAtMs = clock.nowMs() + this.#backoffMs(item.failures++);
    if (item.strikes < maxFailures) return;
    const { write, body } = item;
    if (await this.#giveUp({ id: write.id, sequence: write.sequence, body, write, error }))
      await this.#end([item]);
  }

  /** Whether somebody keeps it now. */
  async #giveUp(write: PoisonWrite): Promise<boolean> {
    try {
      await this.#bounded(() => this.#options.onPoison(write));
    } catch (error) {
      this.#options.onError({ stage: 'poison', error });
      return false;
    }
    this.counts.poisoned++;
    return true;
  }

  async #end(items: readonly HeldWrite[]): Promise<void> {
    this.#held.remove(items);
    this.counts.superseded += items.reduce((sum, { ids }) => sum + ids.length - 1, 0);
    await this.#acknowledge(items.flatMap(({ ids }) => ids));
  }

  /** Never rejects: what fails is tried again with the next ones. */
  async #acknowledge(ids: readonly string[]): Promise<void> {
    this.#ended.push(...ids);
    if (this.#ended.length === 0) return;
    try {
      await this.#options.queue.acknowledge(this.#ended);
      this.#ended = [];
    } catch (error) {
      this.#options.onError({ stage: 'acknowledge', error });
    }
  }

  /** Tells the queue in time that this worker lives and works on what it has. */
  async #extend(): Promise<void> {
    const { queue, clock, consumer, abandonedMs } = this.#options;
    if (clock.nowMs() < this.#extendAtMs) return;
    this.#extendAtMs = clock.nowMs() + abandonedMs / SIGNS_OF_LIFE;
    await queue.extend(consumer, this.#held.ids).catch((error: unknown) => {
      this.#options.onError({ stage: 'take', error });
    });
  }

  /** Settles within the time to apply, and at once when the time to close is over. */
  async #bounded(work: (signal: AbortSignal) => unknown): Promise<void> {
    await this.#extend();
    const { clock, applyTimeoutMs } = this.#options;
    const { signal: expired } = this.#expired;
    const call = new AbortController();
    const expire = (): void => call.abort(expired.reason);
    const cancel = clock.setTimer(() => call.abort(timedOut(applyTimeoutMs)), applyTimeoutMs);
    expired.addEventListener('abort', expire, { once: true });
    try {
      await new Promise((resolve, reject) => {
        expired.throwIfAborted();
        call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true });
        Promise.resolve(work(call.signal)).then(resolve, reject);
      });
    } finally {
      cancel();
      expired.removeEventListener('abort', expire);
    }
  }

  /** Time until something that is held can be tried. */
  #idleMs(): number {
    const atMs = Math.max(this.#held.nextMs(), this.#roundAtMs);
    return Math.max(0, atMs - this.#options.clock.nowMs());
  }

  async #sleep(ms: number): Promise<void> {
    const signal = this.#closing.signal.aborted ? this.#expired.signal : this.#closing.signal;
    const { clock, abandonedMs } = this.#options;
    await delay(clock, Math.min(ms, abandonedMs / SIGNS_OF_LIFE), signal).catch(() => {});
  }

  #backoffMs(failures: number): number {
    const { firstBackoffMs, longestBackoffMs, random } = this.#options;
    return Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures) * (1 - random.next() / 2);
  }
}

function timedOut(ms: number): CachectlError {
  return new CachectlError('DEADLINE_EXCEEDED', `the writes were not applied within ${ms} ms`);
}
