import type { CancelTimer, Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Queue, QueueMessage, TakeOptions } from '../queue.ts';

/** Room for this many messages a millisecond before sequences run ahead of the clock. */
const SEQUENCES_PER_MS = 2n ** 20n;

interface Entry extends Omit<QueueMessage, 'deliveries'> {
  deliveries: number;
  takenMs: number;
  consumer: string;
}

interface Waiter {
  readonly consumer: string;
  readonly options: TakeOptions;
  readonly endMs: number;
  readonly resolve: (messages: readonly QueueMessage[]) => void;
  readonly reject: (error: Error) => void;
  cancelTimer: CancelTimer;
}

/** A queue between consumers of one process: for development and tests, because it is lost with the process. */
export class MemoryQueue implements Queue {
  readonly #clock: Clock;
  readonly #fresh: Entry[] = [];
  /** In the order of their sequences, because that is how they are taken first. */
  readonly #taken = new Map<string, Entry>();
  readonly #waiters = new Set<Waiter>();
  #sequence = 0n;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async append(messages: readonly Uint8Array[]): Promise<void> {
    this.#checkOpen();
    for (const body of messages) {
      const sequence = this.#nextSequence();
      this.#fresh.push({ id: String(sequence), sequence, body, deliveries: 0, takenMs: 0, consumer: '' });
    }
    for (const waiter of this.#waiters) this.#serve(waiter);
  }

  async take(consumer: string, options: TakeOptions): Promise<readonly QueueMessage[]> {
    this.#checkOpen();
    const messages = this.#takeNow(consumer, options);
    if (messages.length > 0 || options.waitMs <= 0) return messages;
    return new Promise((resolve, reject) => {
      const endMs = this.#clock.nowMs() + options.waitMs;
      const waiter = { consumer, options, endMs, resolve, reject, cancelTimer: () => {} };
      this.#waiters.add(waiter);
      this.#serve(waiter);
    });
  }

  async extend(consumer: string, ids: readonly string[]): Promise<void> {
    this.#checkOpen();
    for (const id of ids) {
      const entry = this.#taken.get(id);
      if (entry?.consumer === consumer) entry.takenMs = this.#clock.nowMs();
    }
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    this.#checkOpen();
    for (const id of ids) this.#taken.delete(id);
  }

  async pending(): Promise<number> {
    this.#checkOpen();
    return this.#fresh.length + this.#taken.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) {
      waiter.cancelTimer();
      waiter.reject(closed());
    }
    this.#waiters.clear();
  }

  /** Of the wall clock, so that they ascend over restarts of the process too. */
  #nextSequence(): bigint {
    const fromClock = BigInt(Math.floor(this.#clock.wallMs())) * SEQUENCES_PER_MS;
    this.#sequence = fromClock > this.#sequence ? fromClock : this.#sequence + 1n;
    return this.#sequence;
  }

  #takeNow(consumer: string, { most, abandonedMs }: TakeOptions): readonly QueueMessage[] {
    const nowMs = this.#clock.nowMs();
    const abandoned = [...this.#taken.values()].filter(({ takenMs }) => takenMs + abandonedMs <= nowMs);
    const entries = abandoned.slice(0, most);
    entries.push(...this.#fresh.splice(0, most - entries.length));
    return entries.map((entry) => {
      entry.deliveries++;
      entry.takenMs = nowMs;
      entry.consumer = consumer;
      this.#taken.set(entry.id, entry);
      const { id, sequence, body, deliveries } = entry;
      return { id, sequence, body, deliveries };
    });
  }

  #serve(waiter: Waiter): void {
    const { consumer, options, endMs } = waiter;
    waiter.cancelTimer();
    const messages = this.#takeNow(consumer, options);
    const nowMs = this.#clock.nowMs();
    if (messages.length > 0 || nowMs >= endMs) {
      this.#waiters.delete(waiter);
      waiter.resolve(messages);
      return;
    }
    const abandonedAt = [...this.#taken.values()].map(({ takenMs }) => takenMs + options.abandonedMs);
    const wakeMs = Math.min(endMs, ...abandonedAt) - nowMs;
    waiter.cancelTimer = this.#clock.setTimer(() => this.#serve(waiter), wakeMs);
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

function closed(): CachectlError {
  return new CachectlError('CLOSED', 'the queue is closed');
}
