import type { Random } from '../../base/random.ts';
import { Bijection } from '../bijection.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import type { Position } from '../position.ts';
import { requirePositive, requireRange } from '../ranges.ts';
import { ZipfianRanks } from './zipfian.ts';

export interface ShiftingSpec {
  readonly keys: number;
  /** Zipf exponent, over 0. */
  readonly exponent: number;
  /** Operations of the run from one move of the hot set to the next, over 0; a fraction is allowed. */
  readonly everyOperations: number;
  /** Ranks that each move goes on, as a share of the keys, from 0 to 1; at least one rank. */
  readonly step: number;
}

/**
 * A Zipf distribution whose hot set moves at once every so many operations, as when a sale begins: what was hot is
 * cold, and a cache must learn the new hot keys. After m moves by s ranks, rank r is of the key that rank
 * r + m·s (mod n) had at first; ranks are scattered over the key space.
 */
export class ShiftingKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #everyOperations: number;
  readonly #step: number;
  readonly #ranks: ZipfianRanks;
  readonly #scatter: Bijection;
  readonly #position: Position;

  constructor(spec: ShiftingSpec, layout: Random, draws: Random, position: Position) {
    this.#keys = requireKeyCount(spec.keys);
    this.#everyOperations = requirePositive('number of operations between moves', spec.everyOperations);
    this.#step = Math.max(1, Math.round(requireRange('step', spec.step, 0, 1) * spec.keys));
    this.#ranks = new ZipfianRanks(spec.keys, spec.exponent, draws);
    this.#scatter = new Bijection(spec.keys, layout);
    this.#position = position;
  }

  next(): number {
    const moves = Math.floor(this.#position.index / this.#everyOperations) % this.#keys;
    return this.#scatter.map((this.#ranks.next() - 1 + moves * this.#step) % this.#keys);
  }
}
