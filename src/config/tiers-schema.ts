import { z } from 'zod';
import { count, duration, evenWithProblems, size } from './fields.ts';
import type { TierName, TierSettings } from './scenario.ts';

/** All tiers, from the nearest to the farthest. */
export const TIER_NAMES: readonly TierName[] = ['l1', 'redis', 'memcached', 'database'];

/** Redis and Memcached are equally far, so that either may come first. */
const DISTANCE: Readonly<Record<TierName, number>> = { l1: 0, redis: 1, memcached: 1, database: 2 };

/** `ttl:` of a tier. */
export const ttlField = (preset: string): z.ZodPrefault<z.ZodType<number, string>> =>
  duration('1ms', '365d').prefault(preset).describe('Time to live of an entry in this tier.');

const maxMemory = (server: string): z.ZodPrefault<z.ZodType<number, string>> =>
  size('8MiB', '1024GiB').prefault('64MiB').describe(`Memory bound of the private ${server} of a run.`);

type L1Section = z.ZodPrefault<z.ZodType<TierSettings['l1'], object>>;

/** `l1:` with the defaults of its bounds. */
export const l1Schema = (presets: { readonly maxEntries: number; readonly maxSize: string }): L1Section =>
  z
    .strictObject({
      max_entries: count({ min: 1, max: 100_000_000 })
        .prefault(presets.maxEntries)
        .describe('Most entries that it holds.'),
      max_size: size('64KiB', '64GiB')
        .prefault(presets.maxSize)
        .describe('Most bytes of keys, values and overhead.'),
      ttl: ttlField('1m'),
    })
    .transform((section) => ({
      maxEntries: section.max_entries,
      maxBytes: section.max_size,
      ttlMs: section.ttl,
    }))
    .prefault({})
    .describe('The tier in the process. The least recently used entries are dropped first.');

type ServerSection = z.ZodPrefault<z.ZodType<TierSettings['redis'], object>>;

const server = (label: string): ServerSection =>
  z
    .strictObject({ ttl: ttlField('15m'), max_memory: maxMemory(label) })
    .transform((section) => ({ ttlMs: section.ttl, maxMemoryBytes: section.max_memory }))
    .prefault({})
    .describe(`The tier in ${label}.`);

const database = z
  .strictObject({ ttl: ttlField('1h') })
  .transform((section) => ({ ttlMs: section.ttl }))
  .prefault({})
  .describe('The tier in a table of the SQL database.');

/** `tiers:` of a scenario. */
export const tiersSchema: z.ZodType<TierSettings> = z
  .strictObject({
    l1: l1Schema({ maxEntries: 2000, maxSize: '16MiB' }),
    redis: server('Redis'),
    memcached: server('Memcached'),
    database,
  })
  .prefault({})
  .describe('How each tier is set up, where it is used.');

/** A list of tiers without repetition, nearest first. */
export const tierListSchema: z.ZodType<readonly TierName[]> = z
  .array(z.enum(TIER_NAMES), { error: `expected a list of tiers, out of ${TIER_NAMES.join(', ')}` })
  .superRefine(checkOrder, evenWithProblems);

function checkOrder(tiers: readonly TierName[], context: z.RefinementCtx): void {
  for (const [index, tier] of tiers.entries()) {
    const before = tiers.slice(0, index);
    const farther = before.find((other) => DISTANCE[other] > DISTANCE[tier]);
    const message = before.includes(tier)
      ? `tier '${tier}' is named twice`
      : `tier '${tier}' is nearer than '${farther}' and must come before it`;
    if (before.includes(tier) || farther !== undefined) {
      context.addIssue({ code: 'custom', message, path: [index] });
    }
  }
}
