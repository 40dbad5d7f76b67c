import { CachectlError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { AliasTable } from '../alias.ts';
import { Bijection } from '../bijection.ts';
import { requireKeyCount, type KeyDistribution } from '../keys.ts';

/** How popular keys are, as measured: groups of equally popular keys. */
export interface PopularityTable {
  /** Size of each group, in any unit; each over 0. */
  readonly groups: readonly number[];
  /** Share of the draws that each group gets, in any unit; none below 0. */
  readonly weights: readonly number[];
}

/**
 * Keys as popular as a table says. The groups are stretched over the key space, whatever its size, as CacheBench
 * does (its `FastDiscreteDistribution`): where a boundary falls within a key, that key has a part of both groups.
 * A group is drawn by the alias method, a key within it uniformly; ranks are scattered over the key space.
 */
export class PopularityKeys implements KeyDistribution {
  readonly #keys: number;
  /** Where each group begins, in keys, and at the end where the last one ends. */
  readonly #bounds: Float64Array;
  readonly #table: AliasTable;
  readonly #scatter: Bijection;
  readonly #random: Random;

  /** Throws `BAD_SCENARIO` when the table is wrong. */
  constructor(keys: number, { groups, weights }: PopularityTable, layout: Random, draws: Random) {
    this.#keys = requireKeyCount(keys);
    this.#bounds = boundsOf(groups, keys);
    if (weights.length !== groups.length) {
      const message = `a popularity table has ${groups.length} groups and ${weights.length} weights, expected as many`;
      throw new CachectlError('BAD_SCENARIO', message);
    }
    this.#table = new AliasTable(weights);
    this.#scatter = new Bijection(keys, layout);
    this.#random = draws;
  }

  next(): number {
    const group = this.#table.draw(this.#random);
    const [begin, end] = [this.#bounds[group]!, this.#bounds[group + 1]!];
    const place = Math.floor(begin + this.#random.next() * (end - begin));
    // Rounding may reach the end, which is the first place of the next group.
    return this.#scatter.map(Math.min(place, Math.ceil(end) - 1, this.#keys - 1));
  }
}

function boundsOf(groups: readonly number[], keys: number): Float64Array {
  const wrong = groups.findIndex((size) => !(size > 0 && size < Infinity));
  if (wrong >= 0 || groups.length === 0) {
    const found =
      groups.length === 0 ? 'there are no groups' : `group ${wrong + 1} has ${groups[wrong]} keys`;
    throw new CachectlError('BAD_SCENARIO', `${found}, expected a number over 0`);
  }
  const total = groups.reduce((sum, size) => sum + size, 0);
  const bounds = new Float64Array(groups.length + 1);
  let before = 0;
  for (const [index, size] of groups.entries()) bounds[index + 1] = ((before += size) / total) * keys;
  return bounds;
}
