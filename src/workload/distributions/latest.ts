import type { Random } from '../../base/random.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';
import type { Position } from '../position.ts';
import { ZipfianRanks } from './zipfian.ts';

/**
 * The newest keys are the hot ones, as of news or of a timeline: the model of YCSB's `SkewedLatestGenerator`,
 * whose reads are Zipf-distributed over the age of a key, counted in keys.
 *
 * YCSB's key space grows with each insert; this one is a ring of n keys. In the beginning key n-1 is the newest and
 * key 0 the oldest. Each write replaces the oldest key, which so becomes the newest: write w of the run, from 0,
 * is of key w mod n, and a read after w writes is of the key (w - rank) mod n, rank 1 being the newest.
 */
export class LatestKeys implements KeyDistribution {
  readonly countsWrites = true;
  readonly #keys: number;
  readonly #ages: ZipfianRanks;
  readonly #position: Position;

  constructor(keys: number, exponent: number, draws: Random, position: Position) {
    this.#keys = requireKeyCount(keys);
    this.#ages = new ZipfianRanks(keys, exponent, draws);
    this.#position = position;
  }

  next(): number {
    const { written, writing } = this.#position;
    if (writing) return written % this.#keys;
    const next = written % this.#keys;
    const key = next - this.#ages.next();
    return key < 0 ? key + this.#keys : key;
  }
}
