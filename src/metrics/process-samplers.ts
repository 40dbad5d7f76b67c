import { monitorEventLoopDelay, performance, type IntervalHistogram } from 'node:perf_hooks';
import type { CancelTimer, Clock } from '../base/clock.ts';

/** How the generator's own process fared: a busy generator measures itself, not the cache. */
export interface ProcessFigures {
  /** 99th percentile of the lag of the event loop, in milliseconds; undefined when the run was too short to tell. */
  readonly lagP99Ms: number | undefined;
  /** Share of the time, 0 to 1, that the event loop was busy. */
  readonly utilization: number;
  /** Largest resident memory seen, in bytes. */
  readonly maxRssBytes: number;
}

/** Interval of the lag probe. Node reports the interval between two probes, so this much of it is no lag. */
const PROBE_MS = 10;

const MEMORY_INTERVAL_MS = 250;

/** Watches the event loop and the memory of this process from its construction to {@link stop}. */
export class ProcessSampler {
  readonly #clock: Clock;
  readonly #readRssBytes: () => number;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: PROBE_MS });
  readonly #utilizationAtStart: ReturnType<typeof performance.eventLoopUtilization> =
    performance.eventLoopUtilization();
  #maxRssBytes = 0;
  #cancel: CancelTimer;

  /** `readRssBytes` reads the resident memory of the process, in bytes. */
  constructor(clock: Clock, readRssBytes: () => number) {
    this.#clock = clock;
    this.#readRssBytes = readRssBytes;
    this.#delay.enable();
    this.#cancel = this.#sampleMemory();
  }

  /** Ends the watch. Call it once. */
  stop(): ProcessFigures {
    this.#cancel();
    this.#delay.disable();
    this.#readMemory();
    return {
      lagP99Ms: lagMs(this.#delay, 99),
      utilization: performance.eventLoopUtilization(this.#utilizationAtStart).utilization,
      maxRssBytes: this.#maxRssBytes,
    };
  }

  #sampleMemory(): CancelTimer {
    this.#readMemory();
    return this.#clock.setTimer(() => (this.#cancel = this.#sampleMemory()), MEMORY_INTERVAL_MS, {
      background: true,
    });
  }

  #readMemory(): void {
    this.#maxRssBytes = Math.max(this.#maxRssBytes, this.#readRssBytes());
  }
}

function lagMs(delay: IntervalHistogram, percent: number): number | undefined {
  if (delay.count === 0) return undefined;
  return Math.max(0, delay.percentile(percent) / 1e6 - PROBE_MS);
}
