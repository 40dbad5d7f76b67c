import type { Redis } from 'ioredis';
import { CachectlError } from '../../base/errors.ts';
import type { Audience, Bus, BusListener, BusOptions, BusState, Notice, Subscription } from '../bus.ts';
import { keyBytes } from '../keys.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { unreachable } from './errors.ts';
import { ANNOUNCE, leaseTime, run, type Script, script } from './scripts.ts';

/** A subscriber hears nothing for hours when all is well, so it asks; two of these pass until a hung server shows. */
const KEEPALIVE_MS = 500;

/** Where a server that speaks RESP2 tells of changed keys. */
const SERVER_CHANGES = '__redis__:invalidate';

/** In place of the longest beat, when nobody asks who listens. */
const NO_AUDIENCE = -1;

/** KEYS: members. ARGV: channel, message, longest beat. */
const PUBLISH: Script = script(ANNOUNCE, 'return announce(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))');

/** More ARGV: member, its time. Time is rounded up, so that no member ends before its own clock says so. */
const BEAT: Script = script(
  ANNOUNCE,
  `
  local audience = announce(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
  local time = redis.call('time')
  redis.call('zadd', KEYS[1], time[1] * 1000 + math.ceil(time[2] / 1000) + ARGV[5], ARGV[4])
  redis.call('pexpire', KEYS[1], 10 * ARGV[5])
`,
);

/** With the last member the record goes, so that nothing is left of a namespace nobody uses: one that is missing is made anew as if somebody listened. */
const LEAVE: Script = script(`
  redis.call('zrem', KEYS[1], ARGV[1])
  if redis.call('zcard', KEYS[1]) == 1 and redis.call('zscore', KEYS[1], '') then redis.call('unlink', KEYS[1]) end
`);

/** What a script needs to publish a notice with its change (see ANNOUNCE). */
export interface Publication {
  readonly keys: readonly [members: string];
  readonly args: readonly [channel: string, message: Buffer, longestBeatMs: number];
}

/**
 * Redis PUBLISH and SUBSCRIBE on one channel. Messages leave over the shared connection; they arrive over one
 * of the bus's own, opened by the first subscription and kept until the bus closes.
 */
export class RedisBus implements Bus {
  readonly #channel: string;
  readonly #members: string;
  readonly #track: string | undefined;
  readonly #publisher: RedisConnection;
  readonly #options: RedisConnectionOptions;
  readonly #listeners = new Set<BusListener>();
  #subscriber: Promise<RedisConnection> | undefined;
  #longestBeatMs = 0;
  #closed = false;

  /** @param connecting how the publisher was connected, for the subscriber to be connected alike */
  constructor(
    channel: string,
    publisher: RedisConnection,
    connecting: RedisConnectionOptions,
    options: BusOptions = {},
  ) {
    this.#channel = channel;
    this.#members = `{${channel}}~members`;
    this.#track = options.track;
    this.#publisher = publisher;
    this.#options = connecting;
  }

  async publish(message: Uint8Array): Promise<Audience> {
    this.#checkOpen();
    const { keys, args } = this.#publication(message);
    return audienceOf(await run(this.#publisher, PUBLISH, keys, args)) ?? [];
  }

  async beat(member: string, forMs: number, message: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#longestBeatMs = Math.max(this.#longestBeatMs, leaseTime(forMs));
    const { keys, args } = this.#publication(message);
    await run(this.#publisher, BEAT, keys, [...args, member, leaseTime(forMs)]);
  }

  async leave(member: string): Promise<void> {
    this.#checkOpen();
    await run(this.#publisher, LEAVE, [this.#members], [member]);
  }

  async subscribe(listener: BusListener): Promise<Subscription> {
    this.#checkOpen();
    const subscriber = await (this.#subscriber ??= this.#openSubscriber());
    this.#checkOpen();
    if (!subscriber.up) throw unreachable(subscriber.address, 'the subscription is being restored');
    const own: BusListener = {
      onMessage: (message) => listener.onMessage(message),
      onState: (state) => listener.onState?.(state),
      onServerChange: (keys) => listener.onServerChange?.(keys),
    };
    this.#listeners.add(own);
    return { unsubscribe: async () => void this.#listeners.delete(own) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    const subscriber = await this.#subscriber?.catch(() => undefined);
    subscriber?.close();
  }

  /** Undefined when a script on this connection cannot publish for the bus. */
  publicationOver(
    connection: RedisConnection,
    { message, wantsAudience = true }: Notice,
  ): Publication | undefined {
    if (this.#closed || connection !== this.#publisher) return undefined;
    return this.#publication(message, wantsAudience ? this.#longestBeatMs : NO_AUDIENCE);
  }

  #publication(message: Uint8Array, longestBeatMs = this.#longestBeatMs): Publication {
    return { keys: [this.#members], args: [this.#channel, keyBytes(message), longestBeatMs] };
  }

  async #openSubscriber(): Promise<RedisConnection> {
    const { deadlineMs, connectTimeoutMs } = this.#options;
    try {
      return await RedisConnection.open({
        ...this.#options,
        deadlineMs: KEEPALIVE_MS,
        silenceMs: KEEPALIVE_MS,
        keepaliveMs: KEEPALIVE_MS,
        connectTimeoutMs: Math.min(connectTimeoutMs ?? Infinity, deadlineMs ?? Infinity),
        prepare: (redis) => this.#prepare(redis),
        onUp: () => this.#restored(),
        onDown: () => this.#tell('down'),
      });
    } catch (error) {
      this.#subscriber = undefined;
      throw error;
    }
  }

  /** Tracking belongs to the socket, and is asked for again on each. */
  async #prepare(redis: Redis): Promise<void> {
    redis.on('messageBuffer', (channel: Buffer, message: unknown) => this.#deliver(channel, message));
    if (this.#track === undefined) return void (await redis.subscribe(this.#channel));
    const self = String(await redis.call('CLIENT', 'ID'));
    await redis.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', self, 'BCAST', 'PREFIX', this.#track);
    await redis.subscribe(this.#channel, SERVER_CHANGES);
  }

  #deliver(channel: Buffer, message: unknown): void {
    if (this.#track !== undefined && channel.toString() === SERVER_CHANGES) {
      return this.#changed((message as Buffer[] | null) ?? undefined);
    }
    for (const listener of this.#listeners) listener.onMessage(message as Buffer);
  }

  #restored(): void {
    if (this.#track !== undefined) this.#changed(undefined);
    this.#tell('up');
  }

  #changed(keys: readonly Uint8Array[] | undefined): void {
    for (const listener of this.#listeners) listener.onServerChange?.(keys);
  }

  #tell(state: BusState): void {
    for (const listener of this.#listeners) listener.onState?.(state);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the bus is closed');
  }
}

/** How a script on `connection` publishes the notice; undefined when it cannot, or there is none. */
export function publicationOf(
  notice: Notice | undefined,
  connection: RedisConnection,
): Publication | undefined {
  if (notice === undefined || !(notice.bus instanceof RedisBus)) return undefined;
  return notice.bus.publicationOver(connection, notice);
}

/** What {@link ANNOUNCE} answered; undefined when nothing was published. */
export function audienceOf(reply: unknown): Audience | undefined {
  if (!Array.isArray(reply)) return undefined;
  const flat = reply as readonly (Buffer | number)[];
  return Array.from({ length: flat.length / 2 }, (_, i) => ({
    member: String(flat[2 * i]),
    forMs: Number(flat[2 * i + 1]),
  }));
}
