import type { Audience } from '../../backends/bus.ts';
import type { Clock } from '../../base/clock.ts';
import { CachectlError } from '../../base/errors.ts';

/** Clocks of two hosts may run apart by so much. */
const MARGIN = 1.05;
/** A member that hears, but acknowledges none of so many messages, is given up on. */
const MOST_ROUNDS = 4;

/** One message and who has acknowledged it; a round of waiting may be under way. */
interface Wait {
  readonly acknowledged: Set<string>;
  round: Round | undefined;
}

interface Round {
  /** Until when each member that has not answered may use what it remembers. */
  readonly open: Map<string, number>;
  /** Members that let their time pass. */
  readonly silent: Set<string>;
  cancel: () => void;
  settle(error?: Error): void;
}

/**
 * Who must have heard a message before it counts as heard by all: each member of its audience either acknowledges
 * it, or is silent until its last heartbeat no longer counts. When somebody was silent the message is published once
 * more, because heartbeats may have come all the time and only the message was lost, and there is another round for
 * whoever is among the audience then. Who is not has lost what it remembers: it finds itself lost on its return.
 */
export class Acknowledgements {
  readonly #self: string;
  readonly #clock: Clock;
  readonly #waits = new Map<number, Wait>();
  #closed = false;

  constructor(self: string, clock: Clock) {
    this.#self = self;
    this.#clock = clock;
  }

  /** To be called before the message is published: answers may come before its audience is known. */
  expect(number: number): void {
    this.#waits.set(number, { acknowledged: new Set(), round: undefined });
  }

  heard(member: string, number: number): void {
    const wait = this.#waits.get(number);
    if (wait === undefined) return;
    wait.acknowledged.add(member);
    const { round } = wait;
    if (round?.open.delete(member) === true && round.open.size === 0) round.settle();
  }

  forget(number: number): void {
    this.#waits.delete(number);
  }

  /**
   * @param repeat publishes the message once more
   * @throws CachectlError `DEADLINE_EXCEEDED` when somebody lives on and does not acknowledge, `CLOSED`, or as `repeat`
   */
  async everybody(number: number, audience: Audience, repeat: () => Promise<Audience>): Promise<void> {
    try {
      let asked = audience;
      for (let round = 1; ; round++) {
        const silent = await this.#round(number, asked);
        if (silent.size === 0) return;
        if (round === MOST_ROUNDS) throw unacknowledged(silent);
        asked = await repeat();
      }
    } finally {
      this.forget(number);
    }
  }

  get waiting(): number {
    return this.#waits.size;
  }

  /** Whoever waits is rejected. */
  close(): void {
    this.#closed = true;
    for (const { round } of this.#waits.values()) round?.settle(closed());
  }

  /** Gives back who neither answered nor lost its right to what it remembers. */
  #round(number: number, asked: Audience): Promise<ReadonlySet<string>> {
    const wait = this.#waits.get(number);
    if (wait === undefined || this.#closed) return Promise.reject(closed());
    const nowMs = this.#clock.nowMs();
    const missing = asked.filter(({ member }) => member !== this.#self && !wait.acknowledged.has(member));
    if (missing.length === 0) return Promise.resolve(new Set());
    return new Promise((resolve, reject) => {
      const round: Round = {
        open: new Map(missing.map(({ member, forMs }) => [member, nowMs + forMs * MARGIN])),
        silent: new Set(),
        cancel: () => {},
        settle: (error) => {
          round.cancel();
          wait.round = undefined;
          if (error === undefined) resolve(round.silent);
          else reject(error);
        },
      };
      wait.round = round;
      this.#arm(round);
    });
  }

  #arm(round: Round): void {
    const next = Math.min(...round.open.values());
    const expire = (): void => {
      const nowMs = this.#clock.nowMs();
      for (const [member, untilMs] of round.open) {
        if (nowMs < untilMs) continue;
        round.open.delete(member);
        round.silent.add(member);
      }
      if (round.open.size === 0) round.settle();
      else this.#arm(round);
    };
    round.cancel = this.#clock.setTimer(expire, next - this.#clock.nowMs(), { background: true });
  }
}

function closed(): CachectlError {
  return new CachectlError('CLOSED', 'the channel was closed before all instances had acknowledged');
}

function unacknowledged(members: ReadonlySet<string>): CachectlError {
  return new CachectlError('DEADLINE_EXCEEDED', `not acknowledged by ${[...members].join(', ')}`, {
    hint: 'these instances send heartbeats but do not answer; restart them if that goes on',
  });
}
