import type { KindName } from '../../config/kinds/registry.ts';
import { runEviction } from './eviction.ts';
import { runFailover } from './failover.ts';
import type { Kind } from './kind.ts';
import { runInvalidation } from './invalidation.ts';
import { runLoad } from './load.ts';
import { runStampede } from './stampede.ts';
import { runTtlStorm } from './ttl-storm.ts';
import { runWarming } from './warming.ts';

/** The kinds of scenarios, by name. */
export const KINDS: Readonly<Record<KindName, Kind>> = {
  load: runLoad,
  stampede: runStampede,
  invalidation: runInvalidation,
  failover: runFailover,
  warming: runWarming,
  'ttl-storm': runTtlStorm,
  eviction: runEviction,
};
