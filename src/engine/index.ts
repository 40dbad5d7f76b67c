/** The tiered-cache engine: the library export of the package. */
export { CachectlError, type ErrorCode, isCachectlError } from '../base/errors.ts';
export type { Cache, CacheCounts, Resolved, SetEntry } from './cache.ts';
export { type Codec, jsonCodec, messagePackCodec } from './codec.ts';
export { createCache } from './create-cache.ts';
export { joinKey, type Key, type KeyPart } from './keys.ts';
export type {
  BulkLoader,
  CacheOptions,
  Duration,
  LoadContext,
  Loader,
  LoadOptions,
  LocalValues,
  Policy,
  SetOptions,
  TierFailure,
  TierSpec,
} from './options.ts';
export type { TierCounts } from './tier-slot.ts';
export type {
  GetOptions,
  Tier,
  TierCapabilities,
  TierEntry,
  TierHit,
  TierKey,
  TierStats,
} from '../backends/tier.ts';
export { openMemory } from '../backends/memory/open.ts';
