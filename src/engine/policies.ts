import { CachectlError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { type FreshnessMs, resolveFreshness } from './freshness.ts';
import { KeyPattern } from './key-pattern.ts';
import { KeyTemplate } from './key-template.ts';
import { durationMs, type Freshness, type Loader, type Policy, type WriteStrategy } from './options.ts';

/** A policy ready for use: which keys are its own, which tiers by index, how long in each. */
export interface Route {
  readonly name: string;
  /** Indexes into the cache's tiers, nearest first. */
  readonly tiers: readonly number[];
  /** The tier in this process, when it is the nearest; else undefined. */
  readonly near: number | undefined;
  /** The other tiers, nearest first. */
  readonly shared: readonly number[];
  /** Bound on the time to live in each tier of the cache, by tier index; Infinity where there is none. */
  readonly ttlMs: readonly number[];
  readonly freshness: FreshnessMs;
  /** Time that each read starts again, in milliseconds; undefined when reads do not. */
  readonly slidingMs: number | undefined;
  readonly strategy: WriteStrategy;
  /** Loads a key of this route when nobody is there who brings a loader. */
  readonly load: Loader<unknown> | undefined;
  readonly counts: { hits: number; misses: number; loads: number; loadErrors: number };
  /** Tags of a key of this route. */
  tagsOf(key: string): readonly string[];
  /** Keys that are likely to be read after this one. */
  followersOf(key: string): readonly string[];
}

export interface RouteTier {
  readonly name: string;
  readonly ttlMs: number;
  /** Set for a tier in this process. */
  readonly local?: unknown;
}

const NONE: readonly string[] = [];

/** Finds the route of a key. Patterns with more literal text come first, so `product:{id}:price` beats `product:{id}:{field}`. */
export class Router {
  readonly routes: readonly Route[];
  readonly #default: Route;
  readonly #own: readonly { readonly pattern: KeyPattern; readonly route: Route }[];

  constructor(
    tiers: readonly RouteTier[],
    policies: Readonly<Record<string, Policy>>,
    defaults: Freshness = {},
  ) {
    const base = resolveFreshness(defaults, 'defaults: ');
    this.#default = makeRoute('default', undefined, tiers, base);
    this.#own = Object.entries(policies)
      .map(([name, policy]) => {
        const pattern = new KeyPattern(policy.key);
        return { pattern, route: makeRoute(name, { policy, pattern }, tiers, base) };
      })
      .sort((a, b) => b.pattern.literalLength - a.pattern.literalLength);
    this.routes = [this.#default, ...this.#own.map(({ route }) => route)];
  }

  of(key: string): Route {
    for (const { pattern, route } of this.#own) {
      if (pattern.matches(key)) return route;
    }
    return this.#default;
  }
}

interface OwnPolicy {
  readonly policy: Policy;
  readonly pattern: KeyPattern;
}

function makeRoute(
  name: string,
  own: OwnPolicy | undefined,
  tiers: readonly RouteTier[],
  base: FreshnessMs,
): Route {
  const what = `policy ${name}: `;
  const policy = own?.policy;
  const used = tiersOf(name, policy, tiers);
  const ttlMs = tiers.map((tier) => ttlIn(tier, policy?.ttl, `${what}ttl`));
  const nearest = used[0];
  const near = nearest !== undefined && tiers[nearest]?.local !== undefined ? nearest : undefined;
  return {
    name,
    tiers: used,
    near,
    shared: used.filter((index) => index !== near),
    ttlMs,
    freshness: policy === undefined ? base : resolveFreshness(policy, what, base),
    slidingMs:
      policy?.sliding === true ? Math.max(...used.map((index) => ttlMs[index] ?? Infinity)) : undefined,
    strategy: policy?.strategy ?? 'write-through',
    load: policy?.load,
    counts: { hits: 0, misses: 0, loads: 0, loadErrors: 0 },
    tagsOf: template(own, own?.policy.tags, `${what}tags`),
    followersOf: template(own, own?.policy.followers, `${what}followers`),
  };
}

/** Fills templates with a key's parameters. A wrong name shows at once. */
function template(
  own: OwnPolicy | undefined,
  texts: readonly string[] | undefined,
  what: string,
): (key: string) => readonly string[] {
  if (own === undefined || texts === undefined || texts.length === 0) return () => NONE;
  const { pattern } = own;
  const templates = texts.map((text) => new KeyTemplate(text));
  for (const [i, { parameters }] of templates.entries()) {
    const unknown = parameters.find((name) => !pattern.names.includes(name));
    if (unknown === undefined) continue;
    throw new CachectlError(
      'BAD_CONFIG',
      `${what}: '${texts[i]}' names {${unknown}}, which the key pattern does not have${didYouMean(unknown, pattern.names)}`,
    );
  }
  return (key) => {
    const parameters = pattern.parse(key) ?? {};
    return templates.map((one) => one.fill((name) => parameters[name] ?? ''));
  };
}

/** @throws CachectlError `BAD_CONFIG` for a tier the cache does not have */
function tiersOf(name: string, policy: Policy | undefined, tiers: readonly RouteTier[]): readonly number[] {
  const names = tiers.map((tier) => tier.name);
  const indexOf = (tier: string): number => {
    const index = names.indexOf(tier);
    if (index >= 0) return index;
    throw new CachectlError(
      'BAD_CONFIG',
      `policy ${name}: the cache has no tier '${tier}'${didYouMean(tier, names)}; its tiers are ${names.join(', ')}`,
    );
  };
  if (typeof policy?.ttl === 'object') Object.keys(policy.ttl).forEach(indexOf);
  const chosen = policy?.tiers ?? names.filter((tier) => suits(tier, policy?.shape, names));
  return chosen.map(indexOf).sort((a, b) => a - b);
}

/** Structured values are not for Memcached, nor simple ones for Redis, where the cache has both. */
function suits(tier: string, shape: Policy['shape'], names: readonly string[]): boolean {
  if (shape === undefined || !names.includes('redis') || !names.includes('memcached')) return true;
  return tier !== (shape === 'structured' ? 'memcached' : 'redis');
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
