import type { PopularityTable } from '../distributions/popularity.ts';
import type { OperationShares } from '../operations.ts';
import type { Ttls } from '../ttls.ts';
import type { ValueSizes } from '../value-sizes.ts';

/** Which keys are hot, for any number of keys. */
export type PresetPopularity =
  | { readonly distribution: 'uniform' }
  | { readonly distribution: 'zipfian'; readonly exponent: number }
  | { readonly distribution: 'popularity'; readonly table: PopularityTable };

/** A workload as it was published, in the words of a scenario. */
export interface Preset {
  /** As scenarios call it: `twitter/cluster12`. */
  readonly name: string;
  /** Where it was published. */
  readonly source: string;
  readonly popularity: PresetPopularity;
  readonly keyBytes: number;
  readonly values: ValueSizes;
  readonly ttl: Ttls;
  readonly operations: OperationShares;
  /** From 0 to 1, where it was published: that of the production cache, whatever its size. */
  readonly publishedMissRatio?: number;
  /** What the publication does not tell, and what stands for it. */
  readonly assumptions: readonly string[];
}
