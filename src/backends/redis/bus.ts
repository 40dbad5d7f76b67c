import { CachectlError } from '../../base/errors.ts';
import type { Bus, BusListener, BusState, Subscription } from '../bus.ts';
import { keyBytes } from '../keys.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { unreachable } from './errors.ts';

/** A subscriber hears nothing for hours when all is well, so it asks; two of these pass until a hung server shows. */
const KEEPALIVE_MS = 500;

/**
 * Redis PUBLISH and SUBSCRIBE on one channel. Messages leave over the shared connection; they arrive over one
 * of the bus's own, opened by the first subscription and kept until the bus closes.
 */
export class RedisBus implements Bus {
  readonly #channel: string;
  readonly #publisher: RedisConnection;
  readonly #options: RedisConnectionOptions;
  readonly #listeners = new Set<BusListener>();
  #subscriber: Promise<RedisConnection> | undefined;
  #closed = false;

  /** @param options how the publisher was connected, for the subscriber to be connected alike */
  constructor(channel: string, publisher: RedisConnection, options: RedisConnectionOptions) {
    this.#channel = channel;
    this.#publisher = publisher;
    this.#options = options;
  }

  async publish(message: Uint8Array): Promise<void> {
    this.#checkOpen();
    await this.#publisher.send('publish', [this.#channel, keyBytes(message)]);
  }

  async subscribe(listener: BusListener): Promise<Subscription> {
    this.#checkOpen();
    const subscriber = await (this.#subscriber ??= this.#openSubscriber());
    this.#checkOpen();
    if (!subscriber.up) throw unreachable(subscriber.address, 'the subscription is being restored');
    const own: BusListener = {
      onMessage: (message) => listener.onMessage(message),
      onState: (state) => listener.onState?.(state),
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

  async #openSubscriber(): Promise<RedisConnection> {
    const { deadlineMs, connectTimeoutMs } = this.#options;
    try {
      return await RedisConnection.open({
        ...this.#options,
        deadlineMs: KEEPALIVE_MS,
        silenceMs: KEEPALIVE_MS,
        keepaliveMs: KEEPALIVE_MS,
        connectTimeoutMs: Math.min(connectTimeoutMs ?? Infinity, deadlineMs ?? Infinity),
        prepare: (redis) => {
          redis.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.#deliver(message));
          return redis.subscribe(this.#channel);
        },
        onUp: () => this.#tell('up'),
        onDown: () => this.#tell('down'),
      });
    } catch (error) {
      this.#subscriber = undefined;
      throw error;
    }
  }

  #deliver(message: Uint8Array): void {
    for (const listener of this.#listeners) listener.onMessage(message);
  }

  #tell(state: BusState): void {
    for (const listener of this.#listeners) listener.onState?.(state);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the bus is closed');
  }
}
