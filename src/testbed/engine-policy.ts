import type { CacheStrategy, PolicySettings, Scenario, TierName, Variant } from '../config/scenario.ts';
import type { Policy, WriteStrategy } from '../engine/index.ts';

/** A counter is in no cache: it has none. */
const STRATEGIES: Readonly<Record<CacheStrategy, WriteStrategy | undefined>> = {
  'cache-aside': 'write-around',
  'write-through': 'write-through',
  'write-behind': 'write-behind',
  counter: undefined,
};

/** The policy that a variant names; undefined when it names none. */
export function policyOf(
  { policies }: Pick<Scenario, 'policies'>,
  { policy }: Pick<Variant, 'policy'>,
): PolicySettings | undefined {
  return policies.find(({ name }) => name === policy);
}

/** The policy as the engine takes it, in those of its tiers that the variant has. */
export function enginePolicy(settings: PolicySettings, tiers: readonly TierName[]): Policy {
  const { key, ttlMs, strategy, on, tags, sliding } = settings;
  const written = STRATEGIES[strategy];
  return {
    key,
    tiers,
    ttl: Object.fromEntries(tiers.map((tier) => [tier, ttlMs[tier] ?? Infinity])),
    sliding,
    tags,
    on,
    ...(written !== undefined && { strategy: written }),
  };
}
