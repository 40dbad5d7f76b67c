import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EvictionName } from '../../../../src/backends/memory/eviction/registry.ts';
import { MemoryStore } from '../../../../src/backends/memory/store.ts';
import { ManualClock } from '../../../../src/base/clock.ts';

/** A policy as its paper writes it down, on plain arrays, newest entry first. */
interface Model {
  /** Whether it was there; it is now. */
  request(key: string): boolean;
  drop(key: string): void;
  keys(): readonly string[];
}

class LruModel implements Model {
  readonly #size: number;
  #queue: string[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  request(key: string): boolean {
    const isHit = this.#queue.includes(key);
    this.drop(key);
    this.#queue = [key, ...this.#queue].slice(0, this.#size);
    return isHit;
  }

  drop(key: string): void {
    this.#queue = this.#queue.filter((other) => other !== key);
  }

  keys(): readonly string[] {
    return this.#queue;
  }
}

class FifoModel implements Model {
  readonly #size: number;
  #queue: string[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  request(key: string): boolean {
    const isHit = this.#queue.includes(key);
    if (!isHit) this.#queue = [key, ...this.#queue].slice(0, this.#size);
    return isHit;
  }

  drop(key: string): void {
    this.#queue = this.#queue.filter((other) => other !== key);
  }

  keys(): readonly string[] {
    return this.#queue;
  }
}

interface Visited {
  readonly key: string;
  visited: boolean;
}

/** Zhang et al., NSDI 2024, algorithm 1. */
class SieveModel implements Model {
  readonly #size: number;
  readonly #queue: Visited[] = [];
  #hand: Visited | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  request(key: string): boolean {
    const found = this.#queue.find((entry) => entry.key === key);
    if (found !== undefined) {
      found.visited = true;
      return true;
    }
    if (this.#queue.length === this.#size) this.#evict();
    this.#queue.unshift({ key, visited: false });
    return false;
  }

  #evict(): void {
    let entry = this.#hand ?? this.#queue.at(-1);
    while (entry?.visited === true) {
      entry.visited = false;
      entry = this.#before(entry) ?? this.#queue.at(-1);
    }
    if (entry !== undefined) this.#remove(entry);
    this.#hand = this.#next;
  }

  #next: Visited | undefined;

  #before(entry: Visited): Visited | undefined {
    const at = this.#queue.indexOf(entry);
    return at > 0 ? this.#queue[at - 1] : undefined;
  }

  #remove(entry: Visited): void {
    this.#next = this.#before(entry);
    this.#queue.splice(this.#queue.indexOf(entry), 1);
  }

  drop(key: string): void {
    const found = this.#queue.find((entry) => entry.key === key);
    if (found === undefined) return;
    this.#remove(found);
    if (this.#hand === found) this.#hand = this.#next;
  }

  keys(): readonly string[] {
    return this.#queue.map((entry) => entry.key);
  }
}

interface Counted {
  readonly key: string;
  uses: number;
}

/** Yang et al., SOSP 2023, algorithm 1; it makes room for one entry at a time. */
class S3FifoModel implements Model {
  readonly #size: number;
  readonly #smallSize: number;
  #small: Counted[] = [];
  #main: Counted[] = [];
  /** Every key that ever came in, the newest first, and whether it still counts. */
  #ghosts: { readonly key: string; isThere: boolean }[] = [];

  constructor(size: number) {
    this.#size = size;
    this.#smallSize = Math.max(1, Math.floor(size / 10));
  }

  request(key: string): boolean {
    const found = [...this.#small, ...this.#main].find((entry) => entry.key === key);
    if (found !== undefined) {
      found.uses = Math.min(3, found.uses + 1);
      return true;
    }
    while (this.#small.length + this.#main.length >= this.#size) this.#evict();
    const ghost = this.#ghosts.find((other) => other.key === key && other.isThere);
    if (ghost === undefined) this.#small.unshift({ key, uses: 0 });
    else this.#main.unshift({ key, uses: 0 });
    if (ghost !== undefined) ghost.isThere = false;
    return false;
  }

  #evict(): void {
    const isSmallFull = this.#small.length >= this.#smallSize || this.#main.length === 0;
    const oldest = isSmallFull ? this.#small.pop() : this.#main.pop();
    if (oldest === undefined) return;
    if (!isSmallFull && oldest.uses > 0) this.#main.unshift({ key: oldest.key, uses: oldest.uses - 1 });
    if (isSmallFull && oldest.uses > 1) this.#main.unshift({ key: oldest.key, uses: 0 });
    if (isSmallFull && oldest.uses <= 1) {
      const entries = this.#small.length + this.#main.length + 1;
      for (const ghost of this.#ghosts) ghost.isThere &&= ghost.key !== oldest.key;
      this.#ghosts = [{ key: oldest.key, isThere: true }, ...this.#ghosts].slice(
        0,
        Math.floor(entries * 0.9),
      );
    }
  }

  drop(key: string): void {
    this.#small = this.#small.filter((entry) => entry.key !== key);
    this.#main = this.#main.filter((entry) => entry.key !== key);
  }

  keys(): readonly string[] {
    return [...this.#small, ...this.#main].map((entry) => entry.key);
  }
}

const MODELS: readonly (readonly [EvictionName, (size: number) => Model])[] = [
  ['lru', (size) => new LruModel(size)],
  ['fifo', (size) => new FifoModel(size)],
  ['sieve', (size) => new SieveModel(size)],
  ['s3-fifo', (size) => new S3FifoModel(size)],
];

/** Some keys are asked for more often than others. */
const key = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 60 })).map(String);
const steps = fc.array(fc.record({ key, drop: fc.integer({ min: 0, max: 14 }).map((i) => i === 0) }), {
  maxLength: 600,
  size: 'max',
});

describe.each(MODELS)('%s', (eviction, open) => {
  test('keeps what the model of its paper keeps, step by step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), steps, (size, taken) => {
        const store = new MemoryStore({ maxEntries: size, eviction }, new ManualClock());
        const model = open(size);
        for (const { key: name, drop } of taken) {
          if (drop) {
            store.drop(name);
            model.drop(name);
            continue;
          }
          const isHit = store.read(name) !== undefined;
          if (!isHit) store.write(name, new Uint8Array(1));
          expect(isHit).toBe(model.request(name));
          expect(store.entries).toBe(model.keys().length);
        }
        for (const name of model.keys()) expect(store.read(name)).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });
});
