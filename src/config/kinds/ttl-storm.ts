import { z } from 'zod';
import { count, duration } from '../fields.ts';
import { instancesText, type KindForm, type VariantFile } from './kind.ts';

/** All keys are set at one time with the same lifetime, and expire while they are read. Times are milliseconds. */
export interface TtlStormWork {
  readonly kind: 'ttl-storm';
  /** From the keys being set to the end of those whose lifetime no jitter has shortened. */
  readonly ttlMs: number;
  /** How long is measured before that end, and again after it. */
  readonly windowMs: number;
  /** Keys that are stored with one call. */
  readonly batch: number;
  /** Calls under way at once in each instance. */
  readonly concurrency: number;
}

const REDIS = ['redis'];

const VARIANTS: readonly VariantFile[] = [
  { id: 'same', title: 'same TTL', tiers: REDIS },
  { id: 'jitter', title: 'jitter of 20 %', tiers: REDIS, engine: { jitter: '20%' } },
  {
    id: 'jitter-swr',
    title: 'jitter + stale-while-revalidate',
    tiers: REDIS,
    engine: { jitter: '20%', stale_while_revalidate: '30s' },
  },
];

export const ttlStorm: KindForm<TtlStormWork> = {
  section: z
    .strictObject({
      ttl: duration('100ms', '1h')
        .prefault('30s')
        .describe(
          'Time to live of all keys. They are stored within it, or longer before where that takes longer.',
        ),
      window: duration('100ms', '1h')
        .prefault('8s')
        .describe('Measured before the end of that time, and again after it; longer than the jitter.'),
      batch: count({ min: 1, max: 100_000 }).prefault(500).describe('Keys that are stored with one call.'),
      concurrency: count({ min: 1, max: 1000 })
        .prefault(4)
        .describe('Such calls under way at once in each instance.'),
    })
    .refine(({ ttl, window }) => window < ttl, {
      path: ['window'],
      message: 'window must be shorter than ttl: before it the keys are stored',
    })
    .transform(({ ttl, window, ...section }) => ({
      kind: 'ttl-storm' as const,
      ttlMs: ttl,
      windowMs: window,
      ...section,
    }))
    .describe('Very many keys that were set at one time expire at one time.'),
  variants: VARIANTS,
  instances: 2,
  lengthMs: ({ ttlMs, windowMs }) => ttlMs + windowMs,
  describe: (_work, instances) => `${instancesText(instances)}, all keys set at one time`,
};
