import { fastestBuild } from '../metrics/histogram.ts';
import type { Outcome } from '../metrics/interval-series.ts';
import { LatencyRecorder } from '../metrics/latency.ts';
import type { LoadTimes } from './load-log.ts';
import type { Follower } from './recording.ts';

/** Length of a slot, in milliseconds. */
export const SLOT_MS = 100;

/** What ended within one slot; plain data. */
export interface Slot {
  readonly reads: number;
  /** Reads that a tier answered. */
  readonly hits: number;
  /** Those that the tier in the process answered. */
  readonly near: number;
  /** Latencies of the operations, as encoded histograms. */
  readonly latencies: readonly string[];
}

const NOTHING: Slot = { reads: 0, hits: 0, near: 0, latencies: [] };

/** Keeps what happens in each slot. What several processes kept from the same moment on can be added up. */
export class SlotLog implements Follower {
  readonly #nearHits: () => number;
  readonly #latency = new LatencyRecorder(fastestBuild(), 'coarse');
  readonly #slots: Slot[] = [];
  #endMs: number;
  #reads = 0;
  #hits = 0;
  /** Undefined before the first operation: those of a warm-up do not count. */
  #nearBefore: number | undefined;

  /**
   * `startMs`: when the first slot begins, on the clock of the times that are told; it may have passed. `nearHits`: reads
   * that the tier in this process has answered so far.
   */
  constructor(startMs: number, nearHits: () => number) {
    this.#endMs = startMs + SLOT_MS;
    this.#nearHits = nearHits;
  }

  done(dueMs: number, endedMs: number, outcome: Outcome): void {
    this.#nearBefore ??= this.#nearHits();
    while (endedMs >= this.#endMs) this.#close();
    this.#latency.record(endedMs - dueMs);
    if (outcome === 'written') return;
    this.#reads++;
    if (outcome === 'hit') this.#hits++;
  }

  failed(): void {}

  /** All slots up to the last operation; call it once, last. */
  finish(): readonly Slot[] {
    this.#close();
    this.#latency.close();
    return this.#slots;
  }

  #close(): void {
    const total = this.#nearHits();
    const near = total - (this.#nearBefore ?? total);
    const latencies = this.#latency.count === 0 ? [] : [this.#latency.encode()];
    this.#slots.push({ reads: this.#reads, hits: this.#hits, near, latencies });
    this.#nearBefore = total;
    this.#latency.reset();
    this.#reads = 0;
    this.#hits = 0;
    this.#endMs += SLOT_MS;
  }
}

/** The slots of several processes as one series of so many; what was later is left out. */
export function mergeSlots(parts: readonly (readonly Slot[])[], count: number): readonly Slot[] {
  return Array.from({ length: count }, (_, at) => sumOf(parts.map((slots) => slots[at] ?? NOTHING)));
}

function sumOf(slots: readonly Slot[]): Slot {
  const sum = (of: (slot: Slot) => number): number => slots.reduce((total, slot) => total + of(slot), 0);
  return {
    reads: sum(({ reads }) => reads),
    hits: sum(({ hits }) => hits),
    near: sum(({ near }) => near),
    latencies: slots.flatMap(({ latencies }) => latencies),
  };
}

/** 99th percentile of the latencies of all these slots, in milliseconds; undefined without operations. */
export function p99Of(slots: readonly Slot[]): number | undefined {
  const all = new LatencyRecorder(undefined, 'coarse');
  for (const encoded of slots.flatMap(({ latencies }) => latencies)) {
    const part = LatencyRecorder.decode(encoded, undefined, 'coarse');
    all.merge(part);
    part.close();
  }
  const p99 = all.percentile(99);
  all.close();
  return p99;
}

/** How many loads from the origin began in each of so many slots, in all processes. */
export function loadsBySlot(logs: readonly LoadTimes[], fromMs: number, count: number): readonly number[] {
  const loads = Array.from({ length: count }, () => 0);
  for (const startMs of logs.flatMap(({ startsMs }) => Array.from(startsMs))) {
    const at = Math.floor((startMs - fromMs) / SLOT_MS);
    if (at >= 0 && at < count) loads[at]!++;
  }
  return loads;
}

/** What several processes kept of one load, slot by slot. */
export interface Course {
  readonly slots: readonly Slot[];
  /** Loads from the origin that began in each of them. */
  readonly loads: readonly number[];
}

/** The course of so many whole slots from `fromMs` on, on the clock that all processes share. */
export function courseOf(
  parts: readonly { readonly slots: readonly Slot[]; readonly loads: LoadTimes }[],
  fromMs: number,
  lengthMs: number,
): Course {
  const count = Math.max(0, Math.floor(lengthMs / SLOT_MS));
  const slots = parts.map((part) => part.slots);
  const logs = parts.map(({ loads }) => loads);
  return { slots: mergeSlots(slots, count), loads: loadsBySlot(logs, fromMs, count) };
}
