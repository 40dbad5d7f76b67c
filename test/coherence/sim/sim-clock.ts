import { type CancelTimer, type Clock, nextTurn } from '../../../src/base/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * Virtual time for simulations: it jumps from timer to timer, and promises settle in between. As many clocks as like
 * may run at once; they share the turns of the event loop.
 */
export class SimClock implements Clock {
  /** Added to the wall clock alone. */
  skewMs = 0;
  #nowMs = 0;
  #order = 0;
  #stamp = 0;
  /** A binary heap, earliest first. */
  readonly #heap: Timer[] = [];

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs + this.skewMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** Now, but never the same twice: for histories. */
  stamp(): number {
    this.#stamp = Math.max(this.#nowMs, this.#stamp + 1e-6);
    return this.#stamp;
  }

  setTimer(callback: () => void, delayMs: number): CancelTimer {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    if (delayMs !== Infinity) this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.#heap.filter(({ callback }) => callback !== undefined).length;
  }

  async runUntil(endMs: number): Promise<void> {
    await nextTurn();
    for (let timer = this.#popUntil(endMs); timer !== undefined; timer = this.#popUntil(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback?.();
      await nextTurn();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  /** The next timer that is still wanted, when it is due by then. */
  #popUntil(endMs: number): Timer | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= endMs; first = this.#heap[0]) {
      this.#popFirst();
      if (first.callback !== undefined) return first;
    }
    return undefined;
  }

  #popFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
