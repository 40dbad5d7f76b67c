import { Command } from 'ioredis';
import type { CancelTimer, Clock } from '../../base/clock.ts';

export type CallArgument = string | number | Buffer;

/** One command on its way. The reply comes as bytes; every error as the connection's own. */
export class Call extends Command {
  readonly sentMs: number;
  /** How much had been heard of the server when the call was sent. */
  readonly heardBefore: number;
  /** The call sent next. */
  next: Call | undefined = undefined;

  constructor(
    name: string,
    args: CallArgument[],
    sentMs: number,
    heardBefore: number,
    toError: (error: unknown) => Error,
  ) {
    super(name, args, { replyEncoding: null });
    this.sentMs = sentMs;
    this.heardBefore = heardBefore;
    const reject = this.reject;
    this.reject = (error) => reject(toError(error));
  }
}

/**
 * The deadlines of all calls of a connection, kept by one timer: the deadline is the same for each and they are
 * answered in the order in which they were sent, so only the oldest open call needs watching. A timer for each
 * call would cost more than the call's own bookkeeping.
 */
export class CallDeadlines {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #onMiss: (call: Call) => void;
  #oldest: Call | undefined;
  #newest: Call | undefined;
  #cancelTimer: CancelTimer | undefined;

  constructor(ms: number, clock: Clock, onMiss: (call: Call) => void) {
    this.#ms = ms;
    this.#clock = clock;
    this.#onMiss = onMiss;
  }

  add(call: Call): void {
    this.#dropSettled();
    if (this.#newest === undefined) this.#oldest = call;
    else this.#newest.next = call;
    this.#newest = call;
    if (this.#cancelTimer === undefined) this.#watch(this.#ms);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#oldest = this.#newest = undefined;
  }

  /**
   * Looks at the calls only after replies that already arrived have been read: when this process itself was
   * busy for long, timers fire first, and the server is not to blame.
   */
  #watch(ms: number): void {
    const sweepSoon = (): void => void setImmediate(() => this.#sweep());
    this.#cancelTimer = this.#clock.setTimer(sweepSoon, Math.max(1, ms), { background: true });
  }

  #sweep(): void {
    this.#cancelTimer = undefined;
    const overdue = this.#clock.nowMs() - this.#ms;
    this.#dropSettled();
    while (this.#oldest !== undefined && this.#oldest.sentMs <= overdue) {
      this.#onMiss(this.#oldest);
      this.#dropSettled();
    }
    if (this.#oldest !== undefined) this.#watch(this.#oldest.sentMs - overdue);
  }

  #dropSettled(): void {
    while (this.#oldest?.isSettled === true) this.#oldest = this.#oldest.next;
    if (this.#oldest === undefined) this.#newest = undefined;
  }
}
