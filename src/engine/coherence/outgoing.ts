import type { Audience, Bus } from '../../backends/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';
import type { CoherenceLevel } from '../options.ts';
import { Acknowledgements } from './audience.ts';
import type { Draft, Tidings } from './channel.ts';
import { encodeMessage } from './message.ts';
import { Outbox } from './outbox.ts';

export interface OutgoingOptions {
  readonly bus: Bus;
  readonly level: CoherenceLevel;
  /** What this instance is called in messages. */
  readonly self: string;
  readonly clock: Clock;
  /** A number was used for a message that may not have gone out: the others should hear of the number soon. */
  readonly onBurned: () => void;
}

interface Numbered {
  readonly number: number;
  readonly message: Uint8Array;
}

/** What this instance tells the others: numbers, drafts, and what waits for the bus. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #acknowledgements: Acknowledgements;
  readonly #outbox = new Outbox();
  /** The last number given to a message. */
  #used = 0;
  /** The highest number whose message is out or given up. */
  #last = 0;
  #flushing = false;
  #closed = false;

  constructor(options: OutgoingOptions) {
    this.#options = options;
    this.#acknowledgements = new Acknowledgements(options.self, options.clock);
  }

  /**
   * What heartbeats say. Not a number whose message is still on its way: the others would take it for lost.
   */
  get last(): number {
    return this.#last;
  }

  /** A number is taken when the message is first asked for, so that numbers ascend in the order of sending. */
  draft(tidings: Tidings): Draft {
    let taken: Numbered | undefined;
    const take = (): Numbered => (taken ??= this.#number(tidings, this.#options.level === 'strict'));
    return {
      notice: {
        bus: this.#options.bus,
        wantsAudience: this.#options.level === 'strict',
        get message(): Uint8Array {
          return take().message;
        },
      },
      published: (audience) => this.#published(take(), audience),
      publish: () => this.#publish(take(), tidings),
      failed: () => this.#burn(take().number),
    };
  }

  /** `member` has applied the tidings with this number. */
  acknowledged(member: string, number: number): void {
    this.#acknowledgements.heard(member, number);
  }

  /** Sends what waits; what the bus does not take goes on waiting. */
  async flush(): Promise<void> {
    if (this.#flushing || this.#outbox.empty) return;
    this.#flushing = true;
    const tidings = this.#outbox.take();
    const { number, message } = this.#number(tidings, false);
    try {
      await this.#options.bus.publish(message);
      this.#end(number);
    } catch {
      this.#end(number);
      this.#outbox.add(tidings);
    } finally {
      this.#flushing = false;
    }
  }

  /** Rejects who waits for acknowledgements. */
  close(): void {
    this.#closed = true;
    this.#acknowledgements.close();
  }

  #number(tidings: Tidings, ask: boolean): Numbered {
    const number = ++this.#used;
    if (ask) this.#acknowledgements.expect(number);
    return {
      number,
      message: encodeMessage({ kind: 'tidings', from: this.#options.self, number, ask, tidings }),
    };
  }

  async #publish(numbered: Numbered, tidings: Tidings): Promise<void> {
    const { bus, level } = this.#options;
    let audience: Audience;
    try {
      this.#checkOpen();
      audience = await bus.publish(numbered.message);
    } catch (error) {
      this.#outbox.add(tidings);
      this.#burn(numbered.number);
      if (level === 'bounded' && !this.#closed) return;
      throw error;
    }
    await this.#published(numbered, audience);
  }

  async #published({ number, message }: Numbered, audience: Audience): Promise<void> {
    this.#end(number);
    const { bus, level } = this.#options;
    if (level !== 'strict') return;
    await this.#acknowledgements.everybody(number, audience, () => bus.publish(message));
  }

  #burn(number: number): void {
    this.#acknowledgements.forget(number);
    this.#end(number);
    this.#options.onBurned();
  }

  #end(number: number): void {
    this.#last = Math.max(this.#last, number);
  }

  #checkOpen(): void {
    if (this.#closed) throw new CachectlError('CLOSED', 'the channel is closed');
  }
}
