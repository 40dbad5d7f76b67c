import { z } from 'zod';
import { count, duration, rate } from '../fields.ts';
import { instancesText, type KindForm, type Phases, type VariantFile } from './kind.ts';

/** Data changes while all instances read it. Times are milliseconds. */
export interface InvalidationWork {
  readonly kind: 'invalidation';
  /** Of all instances together, per second. */
  readonly readRate: number;
  /** Changes of the data by all instances together, per second; each key is changed by one of them. */
  readonly writeRate: number;
  /** Lifetime of an entry, in every tier: what ends a stale one when nothing else does. */
  readonly ttlMs: number;
  /** Other keys that are in the same servers and are deleted during the run. */
  readonly purgedKeys: number;
}

/** Not the database: in private SQLite one process writes at a time, and so many instances would measure that. */
const tiers = ['l1', 'redis', 'memcached'];

/** What telling the caches buys, by each level of coherence, and then by each way of saying what has changed. */
const WAYS: readonly VariantFile[] = [
  { id: 'ttl', title: 'TTL only', tiers, engine: { invalidate_by: 'none' } },
  { id: 'bounded', title: 'bounded', tiers },
  { id: 'partition-safe', title: 'partition-safe', tiers, engine: { level: 'partition-safe' } },
  { id: 'strict', title: 'strict', tiers, engine: { level: 'strict' } },
  { id: 'tag', title: 'bounded, by tag', tiers, engine: { invalidate_by: 'tag' } },
  { id: 'pattern', title: 'bounded, by pattern', tiers, engine: { invalidate_by: 'pattern' } },
  { id: 'namespace', title: 'bounded, by namespace', tiers, engine: { invalidate_by: 'namespace' } },
  { id: 'cascade', title: 'bounded, by cascade', tiers, engine: { invalidate_by: 'cascade' } },
];

/** Reading goes on for a lifetime after the last change, so that each change is seen, at the latest when its key expires. */
export function readingMs({ ttlMs }: InvalidationWork, { durationMs }: Pick<Phases, 'durationMs'>): number {
  return durationMs + ttlMs;
}

export const invalidation: KindForm<InvalidationWork> = {
  section: z
    .strictObject({
      reads: rate('1/s', '10M/s').prefault('4k/s').describe('Reads of all instances together.'),
      writes: rate('0.1/s', '100k/s')
        .prefault('10/s')
        .describe('Changes of the data by all instances together; each key is changed by one of them.'),
      ttl: duration('10ms', '1h')
        .prefault('3s')
        .describe(
          'Time to live of an entry, in every tier; reading goes on for so long after the last change.',
        ),
      purge: count({ min: 0, max: 10_000_000 })
        .prefault(0)
        .describe('Other keys in the same servers that are deleted during the run.'),
    })
    .transform(({ reads, writes, ttl, purge }) => ({
      kind: 'invalidation' as const,
      readRate: reads,
      writeRate: writes,
      ttlMs: ttl,
      purgedKeys: purge,
    }))
    .describe('Data that changes while all instances read it.'),
  variants: WAYS,
  instances: 8,
  lengthMs: (work, phases) => phases.warmupMs + readingMs(work, phases),
  describe: ({ readRate, writeRate, purgedKeys }, instances) => {
    const purge = purgedKeys === 0 ? '' : `, ${purgedKeys} other keys purged`;
    return `${instancesText(instances)}, ${readRate} reads and ${writeRate} changes a second${purge}`;
  },
};
