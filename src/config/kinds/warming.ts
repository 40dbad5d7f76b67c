import { z } from 'zod';
import { count, duration, rate } from '../fields.ts';
import { instancesText, type KindForm, type VariantFile } from './kind.ts';

/**
 * What the tiers hold when the load of a variant begins. `cold`: nothing. `warmed`: the most popular keys, put there
 * before. `l2-warm`: the shared tiers are warm, memory is empty: all instances were replaced at once. `rolling`: all is
 * warm, and the instances are replaced one after another.
 */
export type Start = 'cold' | 'warmed' | 'l2-warm' | 'rolling';

export const STARTS: readonly [Start, ...Start[]] = ['cold', 'warmed', 'l2-warm', 'rolling'];

/** How long a cache takes until it is warm, and what that costs. Times are milliseconds. */
export interface WarmingWork {
  readonly kind: 'warming';
  /** How many keys are put into the tiers before the load, the most popular first. */
  readonly keys: number;
  /** Keys per second that are warmed in all instances together, at most. */
  readonly rate: number;
  /** Batches under way at once in all instances together; each has one at least. */
  readonly concurrency: number;
  /** Keys in a batch. */
  readonly batch: number;
  /** From one replaced instance being back to the next one going. */
  readonly pauseMs: number;
}

const L1_AND_REDIS = ['l1', 'redis'];

const VARIANTS: readonly VariantFile[] = [
  { id: 'cold', title: 'all tiers cold', tiers: L1_AND_REDIS },
  { id: 'warmed', title: 'warmed before', tiers: L1_AND_REDIS, start: 'warmed' },
  { id: 'l2-warm', title: 'L1 cold, L2 warm', tiers: L1_AND_REDIS, start: 'l2-warm' },
  { id: 'rolling', title: 'rolling deploy', tiers: L1_AND_REDIS, start: 'rolling' },
];

export const warming: KindForm<WarmingWork> = {
  section: z
    .strictObject({
      keys: count({ min: 1, max: 10_000_000 })
        .prefault(2000)
        .describe('Most popular keys, which start: warmed puts into the tiers before the load.'),
      rate: rate('1/s', '10M/s').prefault('5000/s').describe('Keys per second that are warmed, at most.'),
      concurrency: count({ min: 1, max: 1000 })
        .prefault(8)
        .describe('Batches of keys that are warmed at once, in all instances together.'),
      batch: count({ min: 1, max: 10_000 }).prefault(50).describe('Keys in a batch.'),
      pause: duration('0ms', '1h')
        .prefault('500ms')
        .describe('With start: rolling: from one instance being back to the next one going.'),
    })
    .transform(({ pause, ...section }) => ({ kind: 'warming' as const, ...section, pauseMs: pause }))
    .describe('How long a cold cache takes until it is warm, and what that costs.'),
  variants: VARIANTS,
  instances: 4,
  lengthMs: (_work, { warmupMs, durationMs }) => warmupMs + durationMs,
  describe: ({ keys }, instances) => `${instancesText(instances)}, warmed with the top ${keys} keys`,
};
