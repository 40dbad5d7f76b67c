import type { Variant } from '../config/scenario.ts';
import type { TierFailure } from '../engine/index.ts';
import type { RunNames } from './names.ts';
import type { Faults } from './faults/faults.ts';
import type { Origin } from './origin.ts';
import type { System } from './system.ts';
import type { Target } from './target.ts';

/** Where a run is measured: servers and origin, for the process that has them and for the instances that share them. */
export interface Bed {
  openSystem(variant: Variant, onTierError: (failure: TierFailure) => void): Promise<System>;
  readonly origin: Origin;
  /** Addresses of all servers, the given and the private ones. */
  readonly target: Target;
  /** What all keys and tables of the run begin with. */
  readonly names: RunNames;
  /** Address of a private server that ended by itself; undefined while all live. */
  readonly lostServer: string | undefined;
  /** What can be done to the servers; only the process that has them can. */
  readonly faults?: Faults;
}
