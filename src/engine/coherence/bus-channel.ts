import type { BusState, Subscription } from '../../backends/bus.ts';
import type { CancelTimer } from '../../base/clock.ts';
import { CachectlError, messageOf } from '../../base/errors.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import type { Channel, ChannelOptions, Draft, Tidings } from './channel.ts';
import {
  beginningOfTidings,
  decodeMessage,
  encodeMessage,
  type Acknowledged,
  type Message,
} from './message.ts';
import { Outgoing } from './outgoing.ts';
import { Proof } from './proof.ts';
import { Sources } from './sources.ts';

const SHORTEST_BOUND_MS = 10;
const BEATS_PER_BOUND = 4;
/** Intervals are shortened by up to this share, so that instances do not beat together. */
const JITTER = 0.2;
/** "Soon": long enough for several reasons to share one heartbeat. */
const SOON_MS = 4;
/** Found on a beat, so within the bound from when the source was last heard. */
const SILENT_AFTER_BOUNDS = 0.7;

/** @throws CachectlError `BAD_USAGE` when the bound is shorter than 10 ms, or infinite */
export function openChannel(options: ChannelOptions): Channel {
  const { boundMs } = options;
  if (!(boundMs >= SHORTEST_BOUND_MS && boundMs < Infinity)) {
    throw new CachectlError('BAD_USAGE', `coherence.bound: ${boundMs} ms is not a bound to keep`, {
      hint: `give at least ${SHORTEST_BOUND_MS} ms; the default is 1 s`,
    });
  }
  return new BusChannel(options);
}

/**
 * A channel over a bus that may lose, delay, double and reorder. Four things make up for it:
 *
 * - Numbers. A receiver that finds some missing has a gap: everything it remembers is from another generation.
 * - Heartbeats with the sender's last number, so that the loss of its last message shows as well.
 * - The own heartbeats that come back (see {@link Proof}): while they do, what was published has been heard. After a
 *   time without, generation and proof begin anew.
 * - Acknowledgements, when `strict` (see {@link Acknowledgements}). The others wait for an instance as long as its
 *   last {@link Bus.beat} counts. While the channel is not proven heartbeats are therefore only published, and the
 *   first that comes back is followed by a real one: who hears nothing does not hold up the others.
 */
class BusChannel implements Channel {
  readonly trust: Proof;
  readonly #options: ChannelOptions;
  readonly #random: Random;
  /** The instance and its session: a second process of the same name is somebody else. */
  readonly #self: string;
  readonly #ownTidings: Uint8Array;
  readonly #sources: Sources;
  readonly #outgoing: Outgoing;
  #subscription: Subscription | undefined;
  #subscribing = false;
  #told: 'proven' | 'lost' | undefined;
  #toAcknowledge: Acknowledged[] = [];
  #tickTimer: CancelTimer | undefined;
  #soonTimer: CancelTimer | undefined;
  #lostTimer: CancelTimer | undefined;
  #onStarted: () => void = () => {};
  #closed = false;

  constructor(options: ChannelOptions) {
    const { bus, level, boundMs, instance, clock, random = systemRandom() } = options;
    this.#options = options;
    this.#random = random;
    this.#self = `${instance}#${random.nextUint32().toString(36)}${random.nextUint32().toString(36)}`;
    this.#ownTidings = beginningOfTidings(this.#self);
    this.trust = new Proof(level, boundMs);
    this.#sources = new Sources(boundMs * SILENT_AFTER_BOUNDS);
    this.#outgoing = new Outgoing({ bus, level, self: this.#self, clock, onBurned: () => this.#beatSoon() });
  }

  async start(): Promise<void> {
    const { clock, boundMs } = this.#options;
    const started = new Promise<void>((resolve) => (this.#onStarted = resolve));
    const giveUp = (): void => this.#tell('lost', `no heartbeat came back within ${boundMs} ms`);
    this.#lostTimer = clock.setTimer(giveUp, boundMs, { background: true });
    this.#tick();
    await started;
  }

  draft(tidings: Tidings): Draft {
    return this.#outgoing.draft(tidings);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.trust.lose();
    for (const cancel of [this.#tickTimer, this.#soonTimer, this.#lostTimer]) cancel?.();
    this.#onStarted();
    const { bus } = this.#options;
    const flushed = this.#outgoing.flush();
    this.#outgoing.close();
    const bye = encodeMessage({ kind: 'bye', from: this.#self, last: this.#outgoing.last });
    await Promise.allSettled([
      flushed,
      bus.publish(bye),
      bus.leave(this.#self),
      this.#subscription?.unsubscribe(),
    ]);
  }

  #tick(): void {
    const { clock, boundMs, level } = this.#options;
    const afterMs = (boundMs / BEATS_PER_BOUND) * (1 - JITTER * this.#random.next());
    this.#tickTimer = clock.setTimer(() => this.#tick(), afterMs, { background: true });
    void this.#subscribe();
    void this.#beat('heartbeat', this.trust.holds(clock.nowMs()));
    void this.#outgoing.flush();
    const silent = this.#sources.sweep(clock.nowMs());
    if (level === 'partition-safe' && silent.length > 0) this.#gap(`${silent.join(', ')} fell silent`);
  }

  async #subscribe(): Promise<void> {
    if (this.#subscription !== undefined || this.#subscribing) return;
    this.#subscribing = true;
    try {
      const subscription = await this.#options.bus.subscribe({
        onMessage: (message) => this.#hear(message),
        onState: (state) => this.#onBusState(state),
        onServerChange: (keys) => this.#onServerChange(keys),
      });
      if (this.#closed) return await subscription.unsubscribe();
      this.#subscription = subscription;
      this.#up('the subscription began');
    } catch (error) {
      this.#tell('lost', messageOf(error));
    } finally {
      this.#subscribing = false;
    }
  }

  #onBusState(state: BusState): void {
    if (this.#closed) return;
    if (state === 'up') return this.#up('the bus was down');
    this.trust.lose();
    this.#tell('lost', 'the bus is down');
  }

  #onServerChange(keys: readonly Uint8Array[] | undefined): void {
    if (this.#closed) return;
    this.#options.listener.onServerChange(keys?.map((key) => Buffer.from(key).toString()));
  }

  #up(why: string): void {
    this.trust.lose();
    this.#gap(why);
    void this.#beat('hello', false);
    void this.#outgoing.flush();
  }

  /** @param enrols whether to be among the audience from now on */
  async #beat(kind: 'heartbeat' | 'hello', enrols: boolean): Promise<void> {
    const { bus, boundMs, clock } = this.#options;
    const beat = this.trust.send(enrols, clock.nowMs());
    const message = encodeMessage({ kind, from: this.#self, last: this.#outgoing.last, beat });
    try {
      await (enrols ? bus.beat(this.#self, boundMs, message) : bus.publish(message));
    } catch {
      this.trust.refused(beat);
    }
  }

  #beatSoon(): void {
    if (this.#closed || this.#soonTimer !== undefined) return;
    const { clock } = this.#options;
    const beat = (): void => {
      this.#soonTimer = undefined;
      void this.#beat('heartbeat', this.trust.holds(clock.nowMs()));
    };
    this.#soonTimer = clock.setTimer(beat, SOON_MS * this.#random.next(), { background: true });
  }

  #hear(bytes: Uint8Array): void {
    // its own tidings tell an instance nothing
    if (this.#closed || Buffer.compare(bytes.subarray(0, this.#ownTidings.length), this.#ownTidings) === 0)
      return;
    const message = decodeMessage(bytes);
    if (message === undefined) this.#gap('a message could not be read');
    else if (message.from === this.#self) this.#hearSelf(message);
    else this.#hearOther(message);
  }

  #hearSelf(message: Message): void {
    if (message.kind !== 'heartbeat' && message.kind !== 'hello') return;
    const nowMs = this.#options.clock.nowMs();
    const own = this.trust.returned(message.beat, nowMs);
    if (own === undefined) return;
    const lost = !this.trust.holds(nowMs);
    if (!own.enrols) {
      if (lost) void this.#beat('heartbeat', true);
      return;
    }
    if (lost && this.#told === 'proven') this.#tell('lost', 'no heartbeat came back in time');
    if (lost) this.#gap('the channel was lost');
    else if (own.skips) this.#gap('a heartbeat did not come back');
    this.trust.extend(own.untilMs);
    this.#tell('proven', 'a heartbeat came back');
  }

  #hearOther(message: Message): void {
    if (message.kind === 'acknowledge') {
      for (const { source, number } of message.of) {
        if (source === this.#self) this.#outgoing.acknowledged(message.from, number);
      }
      return;
    }
    this.#account(message);
    if (message.kind === 'hello') this.#beatSoon();
    if (message.kind === 'bye') this.#sources.forget(message.from);
    if (message.kind !== 'tidings') return;
    const { tidings, ask, from, number } = message;
    if (tidings.all === true) this.#gap(`${from} could not name all that changed`);
    this.#options.listener.onTidings(tidings);
    if (ask) this.#acknowledge({ source: from, number });
  }

  #account(message: Exclude<Message, { kind: 'acknowledge' }>): void {
    const { from } = message;
    const nowMs = this.#options.clock.nowMs();
    const { first, gap } =
      message.kind === 'tidings'
        ? this.#sources.tidings(from, message.number, nowMs)
        : this.#sources.reached(from, message.last, nowMs);
    if (gap) this.#gap(`messages of ${from} were missed`);
    if (first && from.startsWith(`${this.#options.instance}#`)) {
      this.#gap('another process has the name of this instance');
    }
  }

  /** What was applied in one turn is acknowledged with one message. */
  #acknowledge(applied: Acknowledged): void {
    this.#toAcknowledge.push(applied);
    if (this.#toAcknowledge.length === 1) queueMicrotask(() => void this.#sendAcknowledgements());
  }

  async #sendAcknowledgements(): Promise<void> {
    const of = this.#toAcknowledge;
    this.#toAcknowledge = [];
    try {
      await this.#options.bus.publish(encodeMessage({ kind: 'acknowledge', from: this.#self, of }));
    } catch {
      // The sender asks again.
    }
  }

  #gap(why: string): void {
    this.trust.generation++;
    this.#options.listener.onGap(why);
  }

  /** Tells each change of state once. */
  #tell(state: 'proven' | 'lost', why: string): void {
    if (state === 'proven') this.#watchForLoss();
    if (this.#closed) return;
    this.#onStarted();
    if (this.#told === state) return;
    this.#told = state;
    this.#options.listener.onState(state, why);
  }

  /** One timer, that goes on to the end of the newest proof when it finds the channel still proven. */
  #watchForLoss(): void {
    if (this.#told === 'proven') return;
    this.#lostTimer?.();
    const { clock } = this.#options;
    const look = (): void => {
      const nowMs = clock.nowMs();
      if (this.trust.holds(nowMs))
        this.#lostTimer = clock.setTimer(look, this.trust.provenUntilMs - nowMs, { background: true });
      else this.#tell('lost', 'no heartbeat came back in time');
    };
    look();
  }
}
