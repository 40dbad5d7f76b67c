import { hrtime } from 'node:process';

/** Cancels a timer; calling it again, or after it fired, does nothing. */
export type CancelTimer = () => void;

/**
 * Time, as everything above sees it. Only this folder reads the real clocks, so that tests can move
 * time by hand.
 */
export interface Clock {
  /** Wall time in milliseconds since the epoch. For stamps that people read; never to order events. */
  wallMs(): number;
  /** Monotonic time in milliseconds (fractional), from an arbitrary origin. For durations and deadlines. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`, never when that is Infinity. The timer does not keep the process alive when `background`. */
  setTimer(callback: () => void, delayMs: number, options?: { readonly background?: boolean }): CancelTimer;
}

/** What setTimeout can take; it fires at once for anything longer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

// the global is behind a getter, which would cost each call a sixth more
const monotonic = performance;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => monotonic.now(),
  setTimer(callback, delayMs, options) {
    let left = delayMs;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const step = Math.min(left, LONGEST_TIMEOUT_MS);
      left -= step;
      timer = setTimeout(left > 0 ? arm : callback, step);
      if (options?.background === true) timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};

const NANOS_PER_MS = 1_000_000;

/**
 * Monotonic time of this machine in milliseconds (fractional), which all its processes share; it stops for no
 * change of the wall clock. For what several processes measure together.
 */
export function machineMs(): number {
  const [seconds, nanos] = hrtime();
  return seconds * 1000 + nanos / NANOS_PER_MS;
}

interface PendingTimer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is moved. Timers fire in the order of their due time. */
export class ManualClock implements Clock {
  readonly #epochMs: number;
  #now = 0;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#now;
  }

  nowMs(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): CancelTimer {
    const timer: PendingTimer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Number of timers that wait: a test that ends with more than it began with has found a leak. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets promises settle, then moves time forward, firing each timer at its due time, promises settling after each. */
  async advance(ms: number): Promise<void> {
    await nextTurn();
    const end = this.#now + ms;
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await nextTurn();
    }
    this.#now = end;
    await nextTurn();
  }

  #nextUntil(end: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}

/** Resolves after the event loop has looked at its sockets and timers once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
