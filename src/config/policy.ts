import { z } from 'zod';
import { MAX_LIMIT } from '../backends/limiter.ts';
import { count, duration, identifier, line } from './fields.ts';
import type { PolicySettings, TierName } from './scenario.ts';
import { TIER_NAMES, tierListSchema } from './tiers-schema.ts';

/** A policy as the file says it, before its times to live are resolved against the tiers. */
export interface PolicyFile extends Omit<PolicySettings, 'name' | 'ttlMs'> {
  readonly ttl: number | Readonly<Partial<Record<TierName, number | undefined>>> | undefined;
}

const KEY_PATTERN = /^(?:[^\s{}]|\{[a-z_][a-z0-9_]*\})+$/u;

const keyPattern = z
  .string({ error: "expected a key pattern, such as 'customer:{customer_id}'" })
  .regex(KEY_PATTERN, {
    error:
      "expected a key pattern without spaces, with parameters as {customer_id}, such as 'customer:{customer_id}'",
  });

const ttlOfTier = (tier: TierName): z.ZodOptional<z.ZodType<number, string>> =>
  duration('1ms', '365d').optional().describe(`Time to live in ${tier}.`);

const ttlByTier = z.strictObject({
  l1: ttlOfTier('l1'),
  redis: ttlOfTier('redis'),
  memcached: ttlOfTier('memcached'),
  database: ttlOfTier('database'),
});

const policy = z.strictObject({
  key: keyPattern.describe("Pattern of its keys, with parameters: 'customer:360:{customer_id}'."),
  tiers: tierListSchema
    .refine((tiers) => tiers.length > 0, { error: 'expected at least one tier' })
    .prefault(['redis'])
    .describe('Tiers that hold it, from the nearest to the farthest.'),
  ttl: z
    .union([duration('1ms', '365d'), ttlByTier], {
      error:
        'expected a duration with a unit, such as 15m, or one for each tier, such as { l1: 1m, redis: 15m }',
    })
    .optional()
    .describe(
      'Time to live. One duration counts for all tiers, but l1 keeps to its own when that is shorter.',
    ),
  strategy: z
    .enum(['cache-aside', 'write-through', 'write-behind', 'counter'])
    .prefault('cache-aside')
    .describe(
      'How it gets into the cache: on a miss, with each write, before the database, or by counting in it.',
    ),
  invalidation: z
    .enum(['time', 'event'])
    .optional()
    .describe(
      'time: entries end by their time to live; event: also by the events of on. Default: event with on.',
    ),
  on: z.array(line('the name of an event')).prefault([]).describe('Events that invalidate its entries.'),
  tags: z
    .array(keyPattern)
    .prefault([])
    .describe('Tags of its entries, which may use the parameters of key.'),
  sliding: z.boolean().prefault(false).describe('Whether each read starts the time to live again.'),
  limit: count({ min: 1, max: MAX_LIMIT })
    .optional()
    .describe('Of a counter: how many are let through in any window as long as its ttl.'),
});

/** One entry of `policies:`. */
const policySchema: z.ZodType<PolicyFile> = policy
  .superRefine((settings, context) => {
    const report = (path: readonly (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path: [...path], message });
    };
    const parameters = parametersOf(settings.key);
    for (const [index, tag] of settings.tags.entries()) {
      const strange = parametersOf(tag).find((name) => !parameters.includes(name));
      if (strange !== undefined) report(['tags', index], `{${strange}} is no parameter of key`);
    }
    if (settings.invalidation === 'event' && settings.on.length === 0) {
      report(['invalidation'], 'invalidation by event needs the events in on');
    }
    if (settings.invalidation === 'time' && settings.on.length > 0) {
      report(['on'], 'events need invalidation: event');
    }
    if (typeof settings.ttl === 'object') {
      const unused = TIER_NAMES.filter((tier) => !settings.tiers.includes(tier));
      for (const tier of unused.filter((name) => name in Object(settings.ttl))) {
        report(['ttl', tier], `the policy does not use the tier '${tier}'`);
      }
    }
    if (settings.limit !== undefined && settings.strategy !== 'counter') {
      report(['limit'], 'this key needs strategy: counter');
    }
    if (settings.strategy === 'counter' && (settings.tiers.length > 1 || settings.tiers[0] === 'l1')) {
      report(['tiers'], 'a counter needs exactly one tier, and one that all instances share');
    }
  })
  .transform(({ ttl, invalidation, ...settings }) => ({
    ...settings,
    ttl,
    invalidation: invalidation ?? (settings.on.length > 0 ? 'event' : 'time'),
  }));

function parametersOf(pattern: string): readonly string[] {
  return [...pattern.matchAll(/\{([^{}]*)\}/gu)].map(([, name = '']) => name);
}

const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** `policies:`, by name. */
export const policiesSchema: z.ZodType<Readonly<Record<string, PolicyFile>>> = z
  .record(identifier('a name of a-z, 0-9, - and _', NAME), policySchema)
  .prefault({})
  .describe('Kinds of data by name: how each is cached.');

/** Fills in the times to live: the policy's own by tier, else its one duration, else that of the tier. */
function resolvePolicy(
  name: string,
  { ttl, ...settings }: PolicyFile,
  tierTtl: Readonly<Record<TierName, number>>,
): PolicySettings {
  const ttlIn = (tier: TierName): number => {
    if (ttl === undefined) return tierTtl[tier];
    if (typeof ttl === 'object') return ttl[tier] ?? tierTtl[tier];
    return tier === 'l1' ? Math.min(ttl, tierTtl.l1) : ttl;
  };
  const ttlMs = Object.fromEntries(settings.tiers.map((tier) => [tier, ttlIn(tier)]));
  return { name, ...settings, ttlMs };
}

/** The policies of a file, by name, resolved. */
export function resolvePolicies(
  policies: Readonly<Record<string, PolicyFile>>,
  use: Readonly<Record<TierName, { readonly ttlMs: number }>>,
): readonly PolicySettings[] {
  const ttl = {
    l1: use.l1.ttlMs,
    redis: use.redis.ttlMs,
    memcached: use.memcached.ttlMs,
    database: use.database.ttlMs,
  };
  return Object.entries(policies).map(([name, settings]) => resolvePolicy(name, settings, ttl));
}
