import { z } from 'zod';
import type { EvictionName } from '../backends/memory/eviction/registry.ts';
import type { CoherenceLevel } from '../engine/index.ts';
import { duration, real, share } from './fields.ts';

/** How the cache of a variant protects its origin and keeps its instances together. Times are milliseconds. */
export interface EngineSettings {
  /**
   * `lease`: the engine as it is: one load in all instances. `single-flight`: one in each instance. `none`: each
   * caller that misses loads. The last two are written by hand around the same tiers, as many applications do.
   */
  readonly protection: Protection;
  readonly level: CoherenceLevel;
  /** How far behind memory may be in the worst case. */
  readonly boundMs: number;
  /** Share of the time to live that is taken off at random. */
  readonly jitter: number;
  /** Beta of XFetch; 0 is never. */
  readonly earlyRefresh: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly eviction: EvictionName;
  /** How a change of the data is told to the cache, where a scenario changes data. `none`: it ends by its time to live. */
  readonly invalidateBy: InvalidateBy;
}

export type Protection = 'none' | 'single-flight' | 'lease';

export type InvalidateBy = 'none' | 'key' | 'tag' | 'pattern' | 'namespace' | 'cascade';

/** `engine:` of a variant. */
export const engineSchema: z.ZodType<EngineSettings> = z
  .strictObject({
    protection: z
      .enum(['none', 'single-flight', 'lease'])
      .prefault('lease')
      .describe(
        'Who loads a missing key: none: every caller; single-flight: one in each instance; lease: one in all.',
      ),
    level: z
      .enum(['bounded', 'partition-safe', 'strict'])
      .prefault('bounded')
      .describe('What other instances may still serve after an invalidation was acknowledged.'),
    bound: duration('10ms', '1h').prefault('1s').describe('How far behind memory may be in the worst case.'),
    jitter: share().prefault('0%').describe('Part of the time to live that is taken off at random, at most.'),
    early_refresh: real({ min: 0, max: 100 })
      .prefault(0)
      .describe('Refresh ahead of expiry at random (XFetch): 1 is usual, higher is earlier, 0 is never.'),
    stale_while_revalidate: duration('0ms', '365d')
      .prefault('0ms')
      .describe('After expiry the old value is served for so long while one refresh runs.'),
    stale_if_error: duration('0ms', '365d')
      .prefault('0ms')
      .describe('After expiry the old value is served for so long when loading fails.'),
    eviction: z
      .enum(['lru', 'fifo', 'sieve', 's3-fifo', 'w-tinylfu'])
      .prefault('w-tinylfu')
      .describe('What the tier in the process drops to make room.'),
    invalidate_by: z
      .enum(['none', 'key', 'tag', 'pattern', 'namespace', 'cascade'])
      .prefault('key')
      .describe('How a change of the data is told to the cache; none: not at all, entries end by their TTL.'),
  })
  .transform((section) => ({
    protection: section.protection,
    level: section.level,
    boundMs: section.bound,
    jitter: section.jitter,
    earlyRefresh: section.early_refresh,
    staleWhileRevalidateMs: section.stale_while_revalidate,
    staleIfErrorMs: section.stale_if_error,
    eviction: section.eviction,
    invalidateBy: section.invalidate_by,
  }))
  .prefault({})
  .describe('How the cache protects its origin and keeps its instances together.');

/** The engine as it comes. */
export const DEFAULT_ENGINE: EngineSettings = engineSchema.parse({});
