import type { Variant } from '../config/scenario.ts';
import { type Cache, createCache, type TierFailure } from '../engine/index.ts';
import type { Limiter } from '../backends/limiter.ts';
import { connectTier, type Opened, type TierOptions } from './connect.ts';
import { enginePolicy, policyOf } from './engine-policy.ts';

export interface SystemOptions extends TierOptions {
  readonly variant: Variant;
  readonly onTierError: (failure: TierFailure) => void;
}

/** The system under test in one of its variants: a cache over connected tiers. */
export interface System {
  readonly cache: Cache;
  /** That of the farthest tier, for policies that count. */
  readonly limiter: Limiter | undefined;
  /** Closes the cache and all connections. */
  close(): Promise<void>;
}

/** Connects the variant's tiers. When one fails, the others are closed. */
export async function openSystem(options: SystemOptions): Promise<System> {
  const { scenario, variant, names, onTierError, clock } = options;
  const outcomes = await Promise.allSettled(variant.tiers.map((name) => connectTier(name, options)));
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await closeAll(opened);
    throw failed.reason;
  }
  const tiers = opened.map(({ name, backend }) => ({ tier: backend, ttl: scenario.tiers[name].ttlMs }));
  const { engine } = variant;
  const policy = policyOf(scenario, variant);
  const cache = createCache({
    namespace: names.prefix,
    tiers,
    onTierError,
    clock,
    ...(policy !== undefined && { policies: { [policy.name]: enginePolicy(policy, variant.tiers) } }),
    coherence: { level: engine.level, bound: engine.boundMs },
    defaults: {
      jitter: engine.jitter,
      earlyRefresh: engine.earlyRefresh,
      staleWhileRevalidate: engine.staleWhileRevalidateMs,
      staleIfError: engine.staleIfErrorMs,
    },
  });
  return {
    cache,
    limiter: opened.at(-1)?.backend.limiter,
    close: async () => {
      await cache.close();
      await closeAll(opened);
    },
  };
}

async function closeAll(opened: readonly Opened[]): Promise<void> {
  await Promise.all(opened.map(({ backend }) => backend.close()));
}
