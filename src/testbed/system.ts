import { isCachectlError } from '../base/errors.ts';
import type { Variant } from '../config/scenario.ts';
import { type Cache, createCache, type TierFailure } from '../engine/index.ts';
import { connectTier, type Opened, type TierOptions } from './connect.ts';

export interface SystemOptions extends TierOptions {
  readonly variant: Variant;
  readonly onTierError: (failure: TierFailure) => void;
}

/** The system under test in one of its variants: a cache over connected tiers. */
export interface System {
  readonly cache: Cache;
  /** Deletes what the run has written, closes all connections, and names the tiers where something is left. */
  close(): Promise<readonly string[]>;
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
  const cache = createCache({ namespace: names.prefix, tiers, onTierError, clock });
  return {
    cache,
    close: async () => {
      const left = await Promise.all(opened.map(cleaned));
      await cache.close();
      await closeAll(opened);
      return left.flat();
    },
  };
}

/** The tier's name when its server would not let us clean up. */
async function cleaned({ name, clean }: Opened): Promise<readonly string[]> {
  try {
    await clean();
    return [];
  } catch (error) {
    if (!isCachectlError(error)) throw error;
    return [name];
  }
}

async function closeAll(opened: readonly Opened[]): Promise<void> {
  await Promise.all(opened.map(({ backend }) => backend.close()));
}
