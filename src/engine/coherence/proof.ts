import type { CoherenceLevel } from '../options.ts';
import type { Trust } from './trust.ts';

/** A heartbeat of this instance. */
export interface OwnBeat {
  /** Until when it proves that the channel works. */
  readonly untilMs: number;
  /** Whether it put this instance among the audience. Only such a beat proves anything: the others count on it. */
  readonly enrols: boolean;
}

export interface ReturnedBeat extends OwnBeat {
  /** An earlier one has not come back. What else was published at that time may be lost as well. */
  readonly skips: boolean;
}

/**
 * What the own heartbeats prove: whatever was published before one was sent has been heard when it is heard. So a
 * proof counts from when the beat was sent, never from when it came back.
 */
export class Proof implements Trust {
  generation = 0;
  provenUntilMs: number = -Infinity;
  readonly boundMs: number;
  readonly #lastsMs: number;
  /** In the order sent; those that can prove nothing any more are dropped. */
  readonly #sent = new Map<number, OwnBeat>();
  #lastBeat = 0;

  /** @param lastsMs how long a beat proves the channel, from when it was sent */
  constructor(level: CoherenceLevel, lastsMs: number) {
    this.boundMs = level === 'strict' ? 0 : lastsMs;
    this.#lastsMs = lastsMs;
  }

  holds(nowMs: number): boolean {
    return nowMs < this.provenUntilMs;
  }

  /** A heartbeat is about to be sent: its number. */
  send(enrols: boolean, nowMs: number): number {
    for (const [beat, { untilMs }] of this.#sent) {
      if (untilMs > nowMs) break;
      this.#sent.delete(beat);
    }
    this.#sent.set(++this.#lastBeat, { untilMs: nowMs + this.#lastsMs, enrols });
    return this.#lastBeat;
  }

  /** The bus refused it. */
  refused(beat: number): void {
    this.#sent.delete(beat);
  }

  /** The beat that came back; undefined when it is too old, or it or a later one came back before. */
  returned(beat: number, nowMs: number): ReturnedBeat | undefined {
    const own = this.#sent.get(beat);
    if (own === undefined) return undefined;
    const [oldest] = this.#sent.keys();
    for (const earlier of this.#sent.keys()) {
      if (earlier <= beat) this.#sent.delete(earlier);
    }
    return nowMs < own.untilMs ? { ...own, skips: oldest !== beat } : undefined;
  }

  /** An older beat that comes back late takes nothing away. */
  extend(untilMs: number): void {
    this.provenUntilMs = Math.max(this.provenUntilMs, untilMs);
  }

  /** Only beats sent from now on prove anything. */
  lose(): void {
    this.provenUntilMs = -Infinity;
    this.#sent.clear();
  }
}
