import type { Clock } from '../base/clock.ts';
import { settleWithin } from '../base/deadline.ts';
import { CachectlError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

/** What goes wrong between a caller and a store. */
export interface LineFaults {
  /** Time until a call reaches the store, and as long again until its answer is back, in milliseconds. */
  readonly delayMs: number;
  /** Up to so many milliseconds are added to each of the two, drawn anew each time: calls overtake each other. */
  readonly jitterMs: number;
  /** Share of calls, 0 to 1, that fail without having reached the store. */
  readonly errorRate: number;
  /** Share of calls, 0 to 1, that are applied and answered with an error. */
  readonly lostAnswerRate: number;
  readonly state: LineState;
}

/**
 * `down`: every call fails, what is under way too. `hung`: nothing is answered; calls reject at the
 * deadline, and reach the store in their order when the line is up again, or never when it goes down instead: what
 * a stopped server does that is woken or killed.
 */
export type LineState = 'up' | 'down' | 'hung';

export const NO_FAULTS: LineFaults = {
  delayMs: 0,
  jitterMs: 0,
  errorRate: 0,
  lostAnswerRate: 0,
  state: 'up',
};

export interface LineOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Bound on every call, in milliseconds. */
  readonly deadlineMs: number;
}

/** The way from one caller to one store, whose faults can be changed at any time. */
export class FaultLine {
  readonly #name: string;
  readonly #options: LineOptions;
  #faults = NO_FAULTS;
  #held: (() => void)[] = [];
  /** Changes when the line goes down: what was under way then is lost. */
  #connection = 0;

  constructor(name: string, options: LineOptions) {
    this.#name = name;
    this.#options = options;
  }

  get faults(): LineFaults {
    return this.#faults;
  }

  /** Changes these faults and leaves the others. */
  inject(faults: Partial<LineFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
    if (this.#faults.state === 'hung') return;
    if (this.#faults.state === 'down') this.#connection++;
    const held = this.#held;
    this.#held = [];
    for (const goOn of held) goOn();
  }

  heal(): void {
    this.inject(NO_FAULTS);
    this.#faults = NO_FAULTS;
  }

  /** Whether this one, drawn by the rate of errors, fails: for access that waits for nothing. */
  fails(): boolean {
    return this.#faults.state !== 'up' || this.#strikes(this.#faults.errorRate);
  }

  /** Makes a call over the line. */
  call<T>(act: () => Promise<T>): Promise<T> {
    if (this.#faults === NO_FAULTS) return act();
    const late = (): Error =>
      new CachectlError(
        'DEADLINE_EXCEEDED',
        `${this.#name}: no answer within ${this.#options.deadlineMs} ms`,
      );
    return settleWithin(this.#carry(act), this.#options.deadlineMs, late, this.#options.clock);
  }

  async #carry<T>(act: () => Promise<T>): Promise<T> {
    const connection = this.#connection;
    const begunMs = this.#options.clock.nowMs();
    this.#checkUp(connection);
    if (this.#strikes(this.#faults.errorRate)) throw this.#unreachable('fails');
    const loses = this.#strikes(this.#faults.lostAnswerRate);
    await this.#travel();
    // A caller that has given up must not be obeyed after its next call was: a real line keeps their order.
    if (this.#options.clock.nowMs() - begunMs >= this.#options.deadlineMs)
      throw this.#unreachable('is too slow');
    const answer = await this.#whenAwake(connection, act);
    await this.#travel();
    await this.#whenAwake(connection, async () => {});
    if (loses) throw this.#unreachable('lost the answer');
    return answer;
  }

  async #travel(): Promise<void> {
    const { delayMs, jitterMs } = this.#faults;
    const ms = delayMs + (jitterMs === 0 ? 0 : this.#options.random.next() * jitterMs);
    if (ms > 0) await new Promise<void>((resolve) => void this.#options.clock.setTimer(resolve, ms));
  }

  /** Acts now, or in its turn when the line is no longer hung: before any call that is made after that. */
  #whenAwake<T>(connection: number, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        try {
          this.#checkUp(connection);
          act().then(resolve, reject);
        } catch (error) {
          reject(error);
        }
      };
      if (this.#faults.state === 'hung') this.#held.push(goOn);
      else goOn();
    });
  }

  #checkUp(connection: number): void {
    if (this.#faults.state === 'down' || connection !== this.#connection) throw this.#unreachable('is down');
  }

  #strikes(rate: number): boolean {
    return rate > 0 && this.#options.random.next() < rate;
  }

  #unreachable(what: string): CachectlError {
    return new CachectlError('SERVER_UNREACHABLE', `${this.#name}: ${what} (injected fault)`);
  }
}
