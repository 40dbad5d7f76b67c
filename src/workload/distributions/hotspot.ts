import type { Random } from '../../base/random.ts';
import { Bijection } from '../bijection.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import { requireRange } from '../ranges.ts';

/**
 * Some keys are hot and the others are not, and within both all are equally likely: the model of YCSB's
 * `HotspotIntegerGenerator`. The hot keys are scattered over the key space.
 */
export class HotspotKeys implements KeyDistribution {
  readonly #keys: number;
  readonly #hotKeys: number;
  readonly #hotDraws: number;
  readonly #scatter: Bijection;
  readonly #random: Random;

  /** `hotKeys`: share of the keys that are hot, rounded to at least one key; `hotDraws`: share of the draws that they get. */
  constructor(
    { keys, hotKeys, hotDraws }: { keys: number; hotKeys: number; hotDraws: number },
    layout: Random,
    draws: Random,
  ) {
    this.#keys = requireKeyCount(keys);
    this.#hotKeys = Math.max(1, Math.round(requireRange('share of hot keys', hotKeys, 0, 1) * keys));
    this.#hotDraws = requireRange('share of draws of hot keys', hotDraws, 0, 1);
    this.#scatter = new Bijection(keys, layout);
    this.#random = draws;
  }

  next(): number {
    const cold = this.#keys - this.#hotKeys;
    const isHot = this.#random.next() < this.#hotDraws || cold === 0;
    const within = this.#random.next();
    const rank = isHot ? within * this.#hotKeys : this.#hotKeys + Math.floor(within * cold);
    return this.#scatter.map(Math.floor(rank));
  }
}
