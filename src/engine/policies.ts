import { CachectlError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { durationMs, type Policy } from './options.ts';

/** A policy ready for use: which keys are its own, which tiers by index, how long in each. */
export interface Route {
  readonly name: string;
  /** Indexes into the cache's tiers, nearest first. */
  readonly tiers: readonly number[];
  /** Bound on the time to live in each tier of the cache, by tier index; Infinity where there is none. */
  readonly ttlMs: readonly number[];
}

export interface RouteTier {
  readonly name: string;
  readonly ttlMs: number;
  /** Set for a tier in this process. */
  readonly local?: unknown;
}

const PARAMETER = /\{[^{}:]+\}/g;

/** Finds the route of a key. Patterns with more literal text come first, so `product:{id}:price` beats `product:{id}:{field}`. */
export class Router {
  readonly #default: Route;
  readonly #byPrefix: readonly { readonly prefix: string; readonly pattern: RegExp; readonly route: Route }[];

  constructor(tiers: readonly RouteTier[], policies: Readonly<Record<string, Policy>>) {
    this.#default = {
      name: 'default',
      tiers: tiers.map((_, i) => i),
      ttlMs: tiers.map((tier) => tier.ttlMs),
    };
    this.#byPrefix = Object.entries(policies)
      .map(([name, policy]) => ({
        literal: policy.key.replace(PARAMETER, '').length,
        prefix: policy.key.split('{', 1)[0] ?? '',
        pattern: keyPattern(policy.key),
        route: resolveRoute(name, policy, tiers),
      }))
      .sort((a, b) => b.literal - a.literal);
  }

  of(key: string): Route {
    for (const { prefix, pattern, route } of this.#byPrefix) {
      if (key.startsWith(prefix) && pattern.test(key)) return route;
    }
    return this.#default;
  }
}

function keyPattern(key: string): RegExp {
  const source = key
    .split(PARAMETER)
    .map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^:]+');
  return new RegExp(`^${source}$`);
}

function resolveRoute(name: string, policy: Policy, tiers: readonly RouteTier[]): Route {
  const names = tiers.map((tier) => tier.name);
  const indexOf = (tier: string): number => {
    const index = names.indexOf(tier);
    if (index >= 0) return index;
    throw new CachectlError(
      'BAD_CONFIG',
      `policy ${name}: the cache has no tier '${tier}'${didYouMean(tier, names)}; its tiers are ${names.join(', ')}`,
    );
  };
  const own = (policy.tiers ?? names).map(indexOf).sort((a, b) => a - b);
  if (typeof policy.ttl === 'object') Object.keys(policy.ttl).forEach(indexOf);
  return {
    name,
    tiers: own,
    ttlMs: tiers.map((tier) => ttlIn(tier, policy.ttl, `policy ${name}: ttl`)),
  };
}

/**
 * A policy's time to live takes the place of the tier's. Only a tier in this process keeps its own as a bound,
 * unless the policy names it: the shorter an entry stays there, the less another instance's change is missed.
 */
function ttlIn(tier: RouteTier, ttl: Policy['ttl'], what: string): number {
  const named = typeof ttl === 'object' ? ttl[tier.name] : undefined;
  if (named !== undefined) return durationMs(named, what);
  if (ttl === undefined || typeof ttl === 'object') return tier.ttlMs;
  const ms = durationMs(ttl, what);
  return tier.local === undefined ? ms : Math.min(ms, tier.ttlMs);
}
