import type { Outcome } from '../metrics/interval-series.ts';
import type { Operation } from '../workload/operations.ts';
import type { Follower } from './recording.ts';

/** Length of a slot, in milliseconds. */
export const SLOT_MS = 100;

/** What happened in one slot of the measured part. Operations count where they were due, however long they took. */
export interface Slot {
  /** From when an operation was due to its answer, in milliseconds, of those that succeeded. */
  readonly latenciesMs: number[];
  /** Operations that failed. */
  errors: number;
  /** Reads among them. */
  readErrors: number;
  hits: number;
  /** Reads that were answered, hits and misses. */
  reads: number;
  /** Loads from the origin that began. */
  loads: number;
  /** When the tier that is watched answered a read, in milliseconds since the measured part began. */
  readonly tierHitsMs: number[];
}

/** The measured part in slots of {@link SLOT_MS}, whole from the start: a slot in which nothing happened shows it. */
export class Timeline implements Follower {
  readonly slots: readonly Slot[];
  readonly #startMs: number;

  /** `startMs`: when the measured part begins, on the clock of all times that are told. */
  constructor(startMs: number, lengthMs: number) {
    this.#startMs = startMs;
    this.slots = Array.from({ length: Math.ceil(lengthMs / SLOT_MS) }, emptySlot);
  }

  done(dueMs: number, endedMs: number, outcome: Outcome): void {
    const slot = this.#at(dueMs);
    if (slot === undefined) return;
    slot.latenciesMs.push(endedMs - dueMs);
    if (outcome === 'written') return;
    slot.reads++;
    if (outcome === 'hit') slot.hits++;
  }

  failed(dueMs: number, operation: Operation | undefined): void {
    const slot = this.#at(dueMs);
    if (slot === undefined) return;
    slot.errors++;
    if (operation === 'get' || operation === 'getOrLoad') slot.readErrors++;
  }

  /** The tier that is watched answered a read. */
  tierHit(atMs: number): void {
    this.#at(atMs)?.tierHitsMs.push(atMs - this.#startMs);
  }

  loaded(atMs: number, count: number): void {
    const slot = this.#at(atMs);
    if (slot !== undefined) slot.loads += count;
  }

  #at(ms: number): Slot | undefined {
    return this.slots[Math.floor((ms - this.#startMs) / SLOT_MS)];
  }
}

/** The timelines of several instances, which began together, as one. */
export function mergeSlots(parts: readonly (readonly Slot[])[]): readonly Slot[] {
  const length = Math.max(0, ...parts.map((slots) => slots.length));
  return Array.from({ length }, (_, index) => joinSlots(parts.flatMap((slots) => slots[index] ?? [])));
}

/** Several slots as one. */
export function joinSlots(slots: readonly Slot[]): Slot {
  const total = (of: (slot: Slot) => number): number => slots.reduce((sum, slot) => sum + of(slot), 0);
  return {
    latenciesMs: slots.flatMap(({ latenciesMs }) => latenciesMs),
    errors: total(({ errors }) => errors),
    readErrors: total(({ readErrors }) => readErrors),
    hits: total(({ hits }) => hits),
    reads: total(({ reads }) => reads),
    loads: total(({ loads }) => loads),
    tierHitsMs: slots.flatMap(({ tierHitsMs }) => tierHitsMs),
  };
}

function emptySlot(): Slot {
  return { latenciesMs: [], errors: 0, readErrors: 0, hits: 0, reads: 0, loads: 0, tierHitsMs: [] };
}
