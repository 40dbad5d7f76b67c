import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { MemoryStore } from '../../src/backends/memory/store.ts';
import type { EvictionName } from '../../src/backends/memory/eviction/registry.ts';
import { ManualClock } from '../../src/base/clock.ts';

/** Keys of a trace in test/data/traces, in the order in which they were asked for. */
export function readTrace(name: string): Int32Array {
  const packed = readFileSync(new URL(`../data/traces/${name}.gz`, import.meta.url));
  const lines = gunzipSync(packed).toString('latin1').split('\n');
  return Int32Array.from(
    lines.map((line) => line.trim()).filter((line) => /^\d+$/.test(line)),
    Number,
  );
}

export interface StoreBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

const VALUE = new Uint8Array(0);

/** Share of reads that hit, in %, when each miss is followed by a write; nothing is left out as warm-up. */
export function hitRatio(trace: Int32Array, eviction: EvictionName, bounds: StoreBounds): number {
  const store = new MemoryStore({ ...bounds, eviction }, new ManualClock());
  let hits = 0;
  for (const key of trace) {
    // Of one length, so that a bound in bytes is one in entries.
    const text = String(key + 1e7);
    if (store.read(text) === undefined) store.write(text, VALUE);
    else hits++;
  }
  return (100 * hits) / trace.length;
}

/**
 * The best that any policy can do which stores what it missed: L. A. Belady, "A study of replacement algorithms for a
 * virtual-storage computer", IBM Systems Journal 5(2), 1966. The entry whose next use is farthest away goes.
 */
export function optimalHitRatio(trace: Int32Array, maxEntries: number): number {
  const nextUses = new FarthestFirst();
  const due = new Set<number>();
  const upcoming = followingUses(trace);
  let hits = 0;
  for (let at = 0; at < trace.length; at++) {
    if (due.delete(at)) hits++;
    else if (due.size === maxEntries) due.delete(nextUses.take());
    due.add(upcoming[at]!);
    nextUses.add(upcoming[at]!);
  }
  return (100 * hits) / trace.length;
}

/** For each request, where its key comes next; after the end, each at a place of its own, when it does not. */
function followingUses(trace: Int32Array): Int32Array {
  const next = new Map<number, number>();
  const following = new Int32Array(trace.length);
  for (let at = trace.length - 1; at >= 0; at--) {
    following[at] = next.get(trace[at]!) ?? trace.length + at;
    next.set(trace[at]!, at);
  }
  return following;
}

/** A heap with the largest number on top. Uses that are over stay in it, and are too small to come up. */
class FarthestFirst {
  readonly #heap: number[] = [];

  add(use: number): void {
    const heap = this.#heap;
    let at = heap.push(use) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && heap[parent]! < use; parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = use;
  }

  take(): number {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
      if (heap[child]! <= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    if (heap.length > 0) heap[at] = last;
    return top;
  }
}
