import { monitorEventLoopDelay, performance, type IntervalHistogram } from 'node:perf_hooks';
import type { CancelTimer, Clock } from '../base/clock.ts';

/** How the generator's own process fared: a busy generator measures itself, not the cache. */
export interface ProcessFigures {
  /** 99th percentile of the lag of the event loop, in milliseconds; undefined when the run was too short to tell. */
  readonly lagP99Ms: number | undefined;
  /** Share of the time, 0 to 1, that the event loop was busy. */
  readonly utilization: number;
  /** CPU time by time: how many cores the process kept busy. */
  readonly cores: number;
  /**
   * Share of the time, 0 to 1, that the event loop had work and the process did not run: others had the CPU, or a
   * limit was reached. Work of other threads hides it in part.
   */
  readonly starved: number;
  /** Largest resident memory seen, in bytes. */
  readonly maxRssBytes: number;
  /** Processor time used, in milliseconds. */
  readonly cpuMs: number;
}

/** What only the process itself can tell. */
export interface ProcessReadings {
  /** Resident memory, in bytes. */
  readonly readRssBytes: () => number;
  /** CPU time of all threads since the start, in milliseconds. */
  readonly readCpuMs: () => number;
}

/** Interval of the lag probe. Node reports the interval between two probes, so this much of it is no lag. */
const PROBE_MS = 10;

const MEMORY_INTERVAL_MS = 250;

/** Watches the event loop and the memory of this process from its construction to {@link stop}. */
export class ProcessSampler {
  readonly #clock: Clock;
  readonly #readings: ProcessReadings;
  readonly #startMs: number;
  readonly #cpuAtStartMs: number;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: PROBE_MS });
  readonly #utilizationAtStart: ReturnType<typeof performance.eventLoopUtilization> =
    performance.eventLoopUtilization();
  #maxRssBytes = 0;
  #cancel: CancelTimer;

  constructor(clock: Clock, readings: ProcessReadings) {
    this.#clock = clock;
    this.#readings = readings;
    this.#startMs = clock.nowMs();
    this.#cpuAtStartMs = readings.readCpuMs();
    this.#delay.enable();
    this.#cancel = this.#sampleMemory();
  }

  /** Ends the watch. Call it once. */
  stop(): ProcessFigures {
    this.#cancel();
    this.#delay.disable();
    this.#readMemory();
    const { utilization } = performance.eventLoopUtilization(this.#utilizationAtStart);
    const passedMs = this.#clock.nowMs() - this.#startMs;
    const cpuMs = this.#readings.readCpuMs() - this.#cpuAtStartMs;
    const cores = passedMs > 0 ? cpuMs / passedMs : 0;
    return {
      lagP99Ms: lagMs(this.#delay, 99),
      utilization,
      cores,
      starved: Math.max(0, utilization - cores),
      maxRssBytes: this.#maxRssBytes,
      cpuMs,
    };
  }

  #sampleMemory(): CancelTimer {
    this.#readMemory();
    return this.#clock.setTimer(() => (this.#cancel = this.#sampleMemory()), MEMORY_INTERVAL_MS, {
      background: true,
    });
  }

  #readMemory(): void {
    this.#maxRssBytes = Math.max(this.#maxRssBytes, this.#readings.readRssBytes());
  }
}

function lagMs(delay: IntervalHistogram, percent: number): number | undefined {
  if (delay.count === 0) return undefined;
  return Math.max(0, delay.percentile(percent) / 1e6 - PROBE_MS);
}
