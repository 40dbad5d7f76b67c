import type { Clock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Audience, Bus, BusListener, Notice, Subscription } from './bus.ts';

/** What goes wrong between one instance and its bus. */
export interface BusFaults {
  /** Time from publication until a message is heard, in milliseconds. */
  readonly delayMs: number;
  /** Up to so many milliseconds more, drawn for each message; the order is kept. */
  readonly jitterMs: number;
  /** Share of messages, 0 to 1, that are not heard. */
  readonly dropRate: number;
  /** Share of messages, 0 to 1, that are heard twice. */
  readonly doubleRate: number;
  /** Share of messages, 0 to 1, that do not wait for those before them. */
  readonly reorderRate: number;
  /** Share of publications, 0 to 1, that are refused. */
  readonly publishErrorRate: number;
  /** Share of publications, 0 to 1, that are taken and answered with an error. */
  readonly lostAnswerRate: number;
  readonly state: BusFaultState;
}

/** `down`: nothing goes out or comes in, and listeners are told. `half-open`: nothing comes in, and nobody is told. */
export type BusFaultState = 'up' | 'down' | 'half-open';

export const NO_BUS_FAULTS: BusFaults = {
  delayMs: 0,
  jitterMs: 0,
  dropRate: 0,
  doubleRate: 0,
  reorderRate: 0,
  publishErrorRate: 0,
  lostAnswerRate: 0,
  state: 'up',
};

export interface FaultBusOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** One instance's end of a bus, with faults that can be switched at any time. */
export class FaultBus implements Bus {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Set<BusListener>();
  #faults = NO_BUS_FAULTS;
  #lastDueMs = 0;
  /** Changes when the line breaks: what was on its way then is lost. */
  #connection = 0;

  constructor(bus: Bus, { clock, random }: FaultBusOptions) {
    this.#bus = bus;
    this.#clock = clock;
    this.#random = random;
  }

  /** The bus behind the faults. */
  get bare(): Bus {
    return this.#bus;
  }

  get faults(): BusFaults {
    return this.#faults;
  }

  /** Changes these faults and leaves the others. */
  inject(faults: Partial<BusFaults>): void {
    const before = this.#faults.state;
    this.#faults = { ...this.#faults, ...faults };
    const { state } = this.#faults;
    if (before === state) return;
    this.#connection++;
    // A line that was half-open is found dead before it is up again.
    if (before === 'half-open' || state === 'down') this.#tell('down');
    if (state === 'up') this.#tell('up');
  }

  heal(): void {
    this.inject(NO_BUS_FAULTS);
  }

  publish(message: Uint8Array): Promise<Audience> {
    return this.#send(() => this.#bus.publish(message));
  }

  beat(member: string, forMs: number, message: Uint8Array): Promise<void> {
    return this.#send(() => this.#bus.beat(member, forMs, message));
  }

  leave(member: string): Promise<void> {
    return this.#send(() => this.#bus.leave(member));
  }

  async subscribe(listener: BusListener): Promise<Subscription> {
    if (this.#faults.state === 'down') throw unreachable('is down');
    const inner = await this.#bus.subscribe({
      onMessage: (message) => this.#deliver(() => listener.onMessage(message)),
      onState: (state) => listener.onState?.(state),
      ...(listener.onServerChange === undefined
        ? {}
        : { onServerChange: (keys) => this.#deliver(() => listener.onServerChange?.(keys)) }),
    });
    this.#listeners.add(listener);
    return {
      unsubscribe: async () => {
        this.#listeners.delete(listener);
        await inner.unsubscribe();
      },
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#bus.close();
  }

  async #send<T>(act: () => Promise<T>): Promise<T> {
    if (this.#faults.state === 'down') throw unreachable('is down');
    if (this.#strikes(this.#faults.publishErrorRate)) throw unreachable('refuses');
    const loses = this.#strikes(this.#faults.lostAnswerRate);
    const answer = await act();
    if (loses) throw unreachable('lost the answer');
    return answer;
  }

  #deliver(hear: () => void): void {
    const { state, dropRate, doubleRate } = this.#faults;
    if (state !== 'up' || this.#strikes(dropRate)) return;
    this.#schedule(hear);
    if (this.#strikes(doubleRate)) this.#schedule(hear);
  }

  #schedule(hear: () => void): void {
    const { delayMs, jitterMs, reorderRate } = this.#faults;
    const now = this.#clock.nowMs();
    let due = now + delayMs + (jitterMs === 0 ? 0 : this.#random.next() * jitterMs);
    if (!this.#strikes(reorderRate)) {
      due = Math.max(due, this.#lastDueMs);
      this.#lastDueMs = due;
    }
    if (due <= now) {
      hear();
      return;
    }
    const connection = this.#connection;
    const arrive = (): void => {
      if (connection === this.#connection) hear();
    };
    this.#clock.setTimer(arrive, due - now, { background: true });
  }

  #tell(state: 'up' | 'down'): void {
    for (const listener of this.#listeners) listener.onState?.(state);
  }

  #strikes(rate: number): boolean {
    return rate > 0 && this.#random.next() < rate;
  }
}

/** A server publishes a notice on its own bus: the faults are on the way to and from it. */
export function bareNotice(notice: Notice | undefined): Notice | undefined {
  if (notice === undefined || !(notice.bus instanceof FaultBus)) return notice;
  return { ...notice, bus: notice.bus.bare };
}

function unreachable(what: string): CachectlError {
  return new CachectlError('SERVER_UNREACHABLE', `the bus ${what} (injected fault)`);
}
