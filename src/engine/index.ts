/** The tiered-cache engine: the library export of the package. */
export { CachectlError, type ErrorCode, isCachectlError } from '../base/errors.ts';
export type {
  ApplicationEvents,
  Cache,
  CacheCounts,
  Dependencies,
  Invalidation,
  PolicyCounts,
  Resolved,
  SampleCounts,
  SetEntry,
  WrapOptions,
} from './cache.ts';
export { type Codec, jsonCodec, messagePackCodec } from './codec.ts';
export { createCache } from './create-cache.ts';
export { joinKey, type Key, type KeyPart, scopePart } from './keys.ts';
export type {
  BreakerOptions,
  BulkLoader,
  CacheOptions,
  CoherenceLevel,
  CoherenceOptions,
  Duration,
  Freshness,
  IntegrityOptions,
  LeaseOptions,
  LoadContext,
  Loader,
  LoadOptions,
  LocalValues,
  Policy,
  SetOptions,
  TierFailure,
  TierSpec,
  WriteStrategy,
} from './options.ts';
export type { SignalMap, SignalName, Signals, StaleReason } from './signals.ts';
export type { PerKey } from './held-writes.ts';
export { type NewWrite, type QueuedWrite, queueWrites } from './queued-writes.ts';
export {
  type RateLimiter,
  rateLimiter,
  type RateLimiterOptions,
  type RateVerdict,
  type WhenUnknown,
} from './rate-limits.ts';
export {
  type SessionPolicyOptions,
  type Sessions,
  type SessionScope,
  type SessionsOptions,
  sessionPolicy,
  sessions,
} from './sessions.ts';
export { type WarmCounts, warmKeys, type WarmOptions } from './warm.ts';
export { startWriteBehind, type WriteBehind } from './write-behind.ts';
export type {
  ApplyContext,
  PoisonWrite,
  WriteBehindCounts,
  WriteBehindFailure,
  WriteBehindOptions,
} from './write-behind-options.ts';
export type { TierCounts } from './tier-slot.ts';
export type { GetOptions, Tier, TierCapabilities, TierStats } from '../backends/tier.ts';
export type { TierEntry, TierHit, TierKey } from '../backends/tier-entry.ts';
export { openMemory } from '../backends/memory/open.ts';
