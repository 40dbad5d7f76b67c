import { z } from 'zod';
import { count, duration } from '../fields.ts';
import { instancesText, type KindForm, type VariantFile } from './kind.ts';

/** A hot key expires while many callers in all instances want it. Times are milliseconds. */
export interface StampedeWork {
  readonly kind: 'stampede';
  /** In each instance, each asking for the key again as soon as it has been answered. */
  readonly callers: number;
  /** How long each caller thinks between two reads of the key. */
  readonly thinkMs: number;
  /** How often the key expires: rounds that are measured. */
  readonly expiries: number;
  /** Lifetime of the key, from one expiry to the next. */
  readonly ttlMs: number;
  /** How long the origin takes to load it. */
  readonly loadMs: number;
}

const L1_AND_REDIS = ['l1', 'redis'];

/** What each protection buys, one after another on the same schedule. */
const PROTECTIONS: readonly VariantFile[] = [
  { id: 'none', title: 'no protection', tiers: L1_AND_REDIS, engine: { protection: 'none' } },
  {
    id: 'single-flight',
    title: 'single flight',
    tiers: L1_AND_REDIS,
    engine: { protection: 'single-flight' },
  },
  { id: 'lease', title: 'lease', tiers: L1_AND_REDIS },
  { id: 'xfetch', title: 'lease + XFetch', tiers: L1_AND_REDIS, engine: { early_refresh: 1 } },
  {
    id: 'swr',
    title: 'lease + XFetch + stale-while-revalidate',
    tiers: L1_AND_REDIS,
    engine: { early_refresh: 1, stale_while_revalidate: '10s' },
  },
];

/**
 * The measured part: the key is cold at its start, expires so often that it is cold `expiries` times, and the end comes
 * half a lifetime before it would be once more.
 */
export function stampedeMs({ expiries, ttlMs, loadMs }: StampedeWork): number {
  return expiries * (ttlMs + loadMs) - ttlMs / 2;
}

export const stampede: KindForm<StampedeWork> = {
  section: z
    .strictObject({
      callers: count({ min: 1, max: 100_000 }).prefault(250).describe('Callers in each instance.'),
      think: duration('0ms', '1m')
        .prefault('100ms')
        .describe('Time from an answer to the next read of the same caller.'),
      expiries: count({ min: 1, max: 10_000 }).prefault(3).describe('How often the key expires.'),
      ttl: duration('100ms', '1h').prefault('5s').describe('Time to live of the hot key, in every tier.'),
      load: duration('0ms', '1m').prefault('200ms').describe('How long the origin takes to load the key.'),
    })
    .transform(({ callers, think, expiries, ttl, load }) => ({
      kind: 'stampede' as const,
      callers,
      thinkMs: think,
      expiries,
      ttlMs: ttl,
      loadMs: load,
    }))
    .describe('A hot key that expires while many callers want it.'),
  variants: PROTECTIONS,
  instances: 8,
  lengthMs: stampedeMs,
  describe: ({ callers, expiries }, instances) =>
    `${instancesText(instances)} of ${callers} callers, ${expiries} expiries`,
};
