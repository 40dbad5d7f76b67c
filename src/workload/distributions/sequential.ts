import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import type { Position } from '../position.ts';

/** One key after the other, and again from the first: a scan. Operation k of the run has key k mod n. */
export class SequentialKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #position: Position;

  constructor(keys: number, position: Position) {
    this.#keys = requireKeyCount(keys);
    this.#position = position;
  }

  next(): number {
    return (this.#position.index + this.#position.nth) % this.#keys;
  }
}
