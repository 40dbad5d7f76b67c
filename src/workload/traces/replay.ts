import { CachectlError } from '../../base/errors.ts';
import { ConstantPacer } from '../arrivals.ts';
import { constantRate } from '../rates/constant.ts';

/** When the requests of a trace are made. */
export type ReplayTiming =
  /** As fast as they are taken: all are due at once. */
  | { readonly pace: 'unpaced' }
  /** As in the trace, so many times as fast: 1 is real time, 10 an hour in 6 minutes. */
  | { readonly pace: 'recorded'; readonly speed: number }
  /** Evenly, in the trace's order, whatever its times. */
  | { readonly pace: 'rate'; readonly perSecond: number };

/** When each request of a trace is due; a pacer that is told the time of the record. */
export interface ReplayPacer {
  /**
   * Due time of the next request, in milliseconds (fractional) after the start; never decreases.
   *
   * @param timeMs of the record, see {@link TraceBatch.timeMs}
   */
  nextDueMs(timeMs: number): number;
}

/**
 * Pacer for one replay. It depends on nothing but the records: the same trace gives the same due times.
 *
 * @throws CachectlError `BAD_SCENARIO` when speed or rate is not over 0; from `nextDueMs`, when the pace is that of the
 *   trace and the trace has no times
 */
export function createReplayPacer(timing: ReplayTiming): ReplayPacer {
  switch (timing.pace) {
    case 'unpaced':
      return { nextDueMs: () => 0 };
    case 'rate': {
      const pacer = new ConstantPacer(constantRate(timing.perSecond));
      return { nextDueMs: () => pacer.nextDueMs() };
    }
    case 'recorded':
      return new RecordedPacer(timing.speed);
  }
}

class RecordedPacer implements ReplayPacer {
  readonly #speed: number;
  #dueMs = 0;

  constructor(speed: number) {
    if (!(speed > 0 && speed < Infinity)) {
      throw new CachectlError('BAD_SCENARIO', `speed is ${speed}, expected a number over 0`);
    }
    this.#speed = speed;
  }

  nextDueMs(timeMs: number): number {
    if (Number.isNaN(timeMs)) {
      throw new CachectlError('BAD_SCENARIO', 'the trace has no times, so it has no pace of its own', {
        hint: 'replay it at a rate, or as fast as it goes',
      });
    }
    // A record that is out of order is due with the one before it.
    this.#dueMs = Math.max(this.#dueMs, timeMs / this.#speed);
    return this.#dueMs;
  }
}
