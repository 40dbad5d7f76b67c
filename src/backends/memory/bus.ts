import { type Clock, systemClock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { Audience, Bus, BusListener, Subscription } from '../bus.ts';

/** What the buses of one channel share: who subscribed, and who is among the audience until when. */
export class MemoryChannel {
  readonly listeners: Set<BusListener> = new Set();
  readonly #clock: Clock;
  readonly #members = new Map<string, number>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  enter(member: string, forMs: number): void {
    this.#members.set(member, this.#clock.nowMs() + forMs);
  }

  leave(member: string): void {
    this.#members.delete(member);
  }

  /** Delivers after the caller's turn, in the order of the calls. */
  announce(message: Uint8Array): Audience {
    queueMicrotask(() => {
      for (const listener of this.listeners) listener.onMessage(message);
    });
    return this.#audience();
  }

  #audience(): Audience {
    const now = this.#clock.nowMs();
    for (const [member, until] of this.#members) if (until <= now) this.#members.delete(member);
    return [...this.#members].map(([member, until]) => ({ member, forMs: until - now }));
  }
}

/** One end of a channel between caches of one process: delivers in order, after the publisher's call. */
export class MemoryBus implements Bus {
  readonly #channel: MemoryChannel;
  readonly #own = new Set<BusListener>();
  #closed = false;

  constructor(channel: MemoryChannel = new MemoryChannel()) {
    this.#channel = channel;
  }

  async publish(message: Uint8Array): Promise<Audience> {
    return this.announce(message);
  }

  async beat(member: string, forMs: number, message: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#channel.enter(member, forMs);
    this.#channel.announce(message);
  }

  async leave(member: string): Promise<void> {
    this.#checkOpen();
    this.#channel.leave(member);
  }

  async subscribe(listener: BusListener): Promise<Subscription> {
    this.#checkOpen();
    const own: BusListener = { onMessage: (message) => listener.onMessage(message) };
    this.#channel.listeners.add(own);
    this.#own.add(own);
    return { unsubscribe: async () => this.#drop(own) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const own of this.#own) this.#drop(own);
  }

  /** Publishes within the caller's turn, together with what else it does in it. */
  announce(message: Uint8Array): Audience {
    this.#checkOpen();
    return this.#channel.announce(message);
  }

  /** Whether this is an end of one of these channels. */
  isOf(channels: ReadonlyMap<string, MemoryChannel>): boolean {
    return [...channels.values()].includes(this.#channel);
  }

  #drop(own: BusListener): void {
    this.#channel.listeners.delete(own);
    this.#own.delete(own);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the bus is closed');
  }
}
