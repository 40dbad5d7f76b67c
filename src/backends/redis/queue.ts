import { type Clock, systemClock } from '../../base/clock.ts';
import { settleWithin } from '../../base/deadline.ts';
import { CachectlError, isCachectlError, messageOf } from '../../base/errors.ts';
import { DEFAULT_DEADLINE_MS } from '../backend.ts';
import { keyBytes } from '../keys.ts';
import type { Queue, QueueMessage, TakeOptions } from '../queue.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { deadlineExceeded } from './errors.ts';
import { GROUP, queueScripts } from './queue-scripts.ts';
import { run, runText, type Script } from './scripts.ts';

/** How long one command waits on the server: in between, abandoned messages are looked for. */
const LONGEST_WAIT_MS = 500;
/** Ids that a script takes at once. */
const IDS_PER_CALL = 1000;
/** Room for this many messages in a millisecond in a sequence, which then fits 63 bits until the year 2248. */
const SEQUENCES_PER_MS = 2n ** 20n;

/**
 * A Redis stream with one consumer group; what is acknowledged leaves the stream. Needs Redis 6.2 or any Valkey.
 *
 * What was appended survives the death of all clients. The server's own survives as far as it persists:
 * with `appendonly yes` and `appendfsync always` nothing is lost, with `everysec` the last second may be, with
 * snapshots what came after the last one, without either everything. A replica that takes over may lack the last
 * messages. The stream must not be evicted: `maxmemory-policy` has to be `noeviction` or one of `volatile-*`.
 */
export class RedisQueue implements Queue {
  readonly #name: string;
  readonly #shared: RedisConnection;
  readonly #options: RedisConnectionOptions;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  /** Connections for reads that wait, each by one at a time, because it is deaf meanwhile. */
  readonly #waiting = new Set<RedisConnection>();
  readonly #idle: RedisConnection[] = [];
  readonly #consumers = new Set<string>();
  #closed = false;

  /** @param options how the shared connection was opened, for those of this queue to be opened alike */
  constructor(name: string, shared: RedisConnection, options: RedisConnectionOptions) {
    this.#name = name;
    this.#shared = shared;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  }

  async append(messages: readonly Uint8Array[]): Promise<void> {
    this.#checkOpen();
    if (messages.length === 0) return;
    // by its text: a script that is not known yet would be sent again, and later appends could come before it
    await runText(this.#shared, queueScripts.append, [this.#name], messages.map(keyBytes));
  }

  async take(consumer: string, options: TakeOptions): Promise<readonly QueueMessage[]> {
    this.#consumers.add(consumer);
    const endMs = this.#clock.nowMs() + options.waitMs;
    for (;;) {
      this.#checkOpen();
      const messages = await this.#takeNow(consumer, options);
      const leftMs = Math.ceil(endMs - this.#clock.nowMs());
      if (messages.length > 0 || leftMs <= 0) return messages;
      const arrived = await this.#takeNext(consumer, options.most, Math.min(leftMs, LONGEST_WAIT_MS));
      if (arrived.length > 0) return arrived;
    }
  }

  extend(consumer: string, ids: readonly string[]): Promise<void> {
    return this.#runOn(ids, queueScripts.extend, [GROUP, consumer]);
  }

  acknowledge(ids: readonly string[]): Promise<void> {
    return this.#runOn(ids, queueScripts.acknowledge, [GROUP]);
  }

  async pending(): Promise<number> {
    this.#checkOpen();
    return this.#shared.send('xlen', [this.#name]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#waiting) connection.close();
    if (this.#consumers.size === 0) return;
    await this.#run(queueScripts.leave, [GROUP, ...this.#consumers]).catch(() => {});
  }

  async #takeNow(consumer: string, { most, abandonedMs }: TakeOptions): Promise<readonly QueueMessage[]> {
    const args = [GROUP, consumer, most, Math.ceil(abandonedMs)];
    const entries = (await this.#run(queueScripts.take, args)) as readonly [Buffer, Buffer, number][];
    return entries.map(([id, body, deliveries]) => message(id, body, deliveries));
  }

  /** Waits for what is appended next, on a connection of its own. */
  async #takeNext(consumer: string, most: number, waitMs: number): Promise<readonly QueueMessage[]> {
    const connection = this.#idle.pop() ?? (await this.#openWaiting());
    const args = ['GROUP', GROUP, consumer, 'COUNT', most, 'BLOCK', waitMs, 'STREAMS', this.#name, '>'];
    const late = (): Error => deadlineExceeded(connection.address, this.#deadlineMs);
    try {
      const call = connection.send('xreadgroup', args);
      const streams = await settleWithin(call, waitMs + this.#deadlineMs, late, this.#clock);
      const entries = streams?.[0]?.[1] ?? [];
      return entries.map(([id, [, body]]) => message(id, body, 1));
    } catch (error) {
      // the stream was deleted, and the group with it: the next look for messages makes them anew
      if (/NOGROUP|UNBLOCKED/.test(messageOf(error)) && isCachectlError(error, 'SERVER_ERROR')) return [];
      throw error;
    } finally {
      this.#idle.push(connection);
    }
  }

  async #openWaiting(): Promise<RedisConnection> {
    const { connectTimeoutMs } = this.#options;
    const connection = await RedisConnection.open({
      ...this.#options,
      deadlineMs: LONGEST_WAIT_MS + this.#deadlineMs,
      connectTimeoutMs: Math.min(connectTimeoutMs ?? Infinity, this.#deadlineMs),
    });
    this.#waiting.add(connection);
    if (this.#closed) connection.close();
    return connection;
  }

  async #runOn(ids: readonly string[], action: Script, args: readonly string[]): Promise<void> {
    this.#checkOpen();
    for (let i = 0; i < ids.length; i += IDS_PER_CALL) {
      await this.#run(action, [...args, ...ids.slice(i, i + IDS_PER_CALL)]);
    }
  }

  #run(action: Script, args: (string | number | Buffer)[]): Promise<unknown> {
    return run(this.#shared, action, [this.#name], args);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', `the queue at ${this.#shared.address} is closed`);
  }
}

/** The id of a stream's entry is the server's time in milliseconds, which never descends, and a number within it. */
function message(entryId: Buffer, body: Buffer | undefined, deliveries: number): QueueMessage {
  const id = entryId.toString('latin1');
  const [ms = '0', within = '0'] = id.split('-');
  const room = SEQUENCES_PER_MS - 1n;
  const position = BigInt(within) < room ? BigInt(within) : room;
  return {
    id,
    sequence: BigInt(ms) * SEQUENCES_PER_MS + position,
    body: body ?? Buffer.alloc(0),
    deliveries,
  };
}
