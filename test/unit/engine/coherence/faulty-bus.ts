import type { Audience, Bus, BusListener, BusState } from '../../../../src/backends/bus.ts';
import type { ManualClock } from '../../../../src/base/clock.ts';
import { CachectlError } from '../../../../src/base/errors.ts';
import type { Message } from '../../../../src/engine/coherence/message.ts';
import { decodeMessage } from '../../../../src/engine/coherence/message.ts';

/** What becomes of one message on its way to one end: after how long it arrives, once or more; nothing: it is lost. */
export type Fate = (message: Message | undefined, to: BusEnd) => readonly number[];

/** Stands for the server: knows who is among the audience, on the clock of the test. */
export class FaultyBus {
  readonly clock: ManualClock;
  readonly ends: BusEnd[] = [];
  fate: Fate = () => [0];
  readonly #untilMs = new Map<string, number>();

  constructor(clock: ManualClock) {
    this.clock = clock;
  }

  end(): BusEnd {
    const end = new BusEnd(this, this.ends.length);
    this.ends.push(end);
    return end;
  }

  /** As every end publishes. */
  publish(message: Uint8Array): Audience {
    for (const end of this.ends) this.#deliver(message, end);
    return this.audience();
  }

  audience(): Audience {
    const nowMs = this.clock.nowMs();
    return [...this.#untilMs]
      .map(([member, untilMs]) => ({ member, forMs: untilMs - nowMs }))
      .filter(({ forMs }) => forMs > 0);
  }

  enrol(member: string, forMs: number): void {
    this.#untilMs.set(member, this.clock.nowMs() + forMs);
  }

  leave(member: string): void {
    this.#untilMs.delete(member);
  }

  #deliver(message: Uint8Array, end: BusEnd): void {
    const { connection } = end;
    for (const afterMs of this.fate(decodeMessage(message), end)) {
      this.clock.setTimer(() => {
        if (end.connection === connection) end.hear(message);
      }, afterMs);
    }
  }
}

/** One instance's end of the bus. */
export class BusEnd implements Bus {
  readonly #bus: FaultyBus;
  readonly id: number;
  readonly listeners: Set<BusListener> = new Set();
  /** Changes with each `down`: what was under way over the old one is lost. */
  connection = 0;
  up = true;
  /** Half-open: what it publishes goes out, and it hears nothing. */
  deaf = false;
  /** What it publishes is refused. */
  mute = false;
  /** The process stands still: what arrives is heard when it goes on. */
  stalled = false;
  readonly #unheard: Uint8Array[] = [];
  published = 0;

  constructor(bus: FaultyBus, id: number) {
    this.#bus = bus;
    this.id = id;
  }

  async publish(message: Uint8Array): Promise<Audience> {
    this.#checkTaken();
    return this.#bus.publish(message);
  }

  async beat(member: string, forMs: number, message: Uint8Array): Promise<void> {
    this.#checkTaken();
    this.#bus.enrol(member, forMs);
    this.#bus.publish(message);
  }

  async leave(member: string): Promise<void> {
    this.#checkTaken();
    this.#bus.leave(member);
  }

  async subscribe(listener: BusListener): Promise<{ unsubscribe(): Promise<void> }> {
    if (!this.up) throw new CachectlError('SERVER_UNREACHABLE', 'the subscription is being restored');
    this.listeners.add(listener);
    return { unsubscribe: async () => void this.listeners.delete(listener) };
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  hear(message: Uint8Array): void {
    if (!this.up || this.deaf) return;
    if (this.stalled) this.#unheard.push(message);
    else for (const listener of this.listeners) listener.onMessage(message);
  }

  /** The process goes on. */
  resume(): void {
    this.stalled = false;
    for (const message of this.#unheard.splice(0)) this.hear(message);
  }

  /** The subscription and publishing fail together, as when the server is gone. */
  set(state: BusState): void {
    this.up = state === 'up';
    this.mute = state === 'down';
    this.connection++;
    for (const listener of this.listeners) listener.onState?.(state);
  }

  #checkTaken(): void {
    if (this.mute) throw new CachectlError('SERVER_UNREACHABLE', 'fake:1: refused');
    this.published++;
  }
}
