import { z } from 'zod';
import { EVICTION_POLICIES, type EvictionName } from '../../backends/memory/eviction/registry.ts';
import { count, onlyWith, share, size } from '../fields.ts';
import type { KindForm, VariantFile } from './kind.ts';

/** The same requests on tiers of several sizes: working set against memory. A variant for each size and policy. */
export interface EvictionWork {
  readonly kind: 'eviction';
  readonly sized: SizedL1 | SizedServer;
  /** Of each variant; of a trace all count that it has. */
  readonly requests: number;
  /** `on`: after half of the requests other keys become the hot ones. */
  readonly hotShift: 'on' | 'off';
}

interface SizedL1 {
  readonly tier: 'l1';
  /** Each size as a share of all keys, from 0 to 1. */
  readonly sizes: readonly number[];
  readonly policies: readonly EvictionName[];
}

interface SizedServer {
  readonly tier: 'redis' | 'memcached';
  /** Bytes that a private server may take. */
  readonly memory: readonly number[];
}

const POLICY_NAMES = Object.keys(EVICTION_POLICIES) as [EvictionName, ...EvictionName[]];

/** Policies as people call them. */
const LABELS: Readonly<Record<EvictionName, string>> = {
  lru: 'LRU',
  fifo: 'FIFO',
  sieve: 'SIEVE',
  's3-fifo': 'S3-FIFO',
  'w-tinylfu': 'W-TinyLFU',
};

/** `12.5 %` as it is written in a file. */
const percent = (part: number): string => `${Number((part * 100).toFixed(6))}%`;

/** `lru-12_5`: the policy and the size in percent. */
function variantOf(policy: EvictionName, part: number): VariantFile {
  return {
    id: `${policy}-${percent(part).slice(0, -1).replace('.', '_')}`,
    title: `${LABELS[policy]}, ${percent(part)}`,
    tiers: ['l1'],
    engine: { eviction: policy },
    room: percent(part),
  };
}

/** `redis-8`: the size in MiB. */
function serverVariant(tier: SizedServer['tier'], bytes: number): VariantFile {
  const mebibytes = Number((bytes / 2 ** 20).toFixed(6));
  const label = tier === 'redis' ? 'Redis' : 'Memcached';
  return {
    id: `${tier}-${String(mebibytes).replace('.', '_')}`,
    title: `${label}, ${mebibytes} MiB`,
    tiers: [tier],
    max_memory: `${mebibytes}MiB`,
  };
}

function variantsOf({ sized }: EvictionWork): readonly VariantFile[] {
  if (sized.tier !== 'l1') return sized.memory.map((bytes) => serverVariant(sized.tier, bytes));
  const { policies, sizes } = sized;
  return policies.flatMap((policy) => sizes.map((part) => variantOf(policy, part)));
}

const distinct = <Item>(items: readonly Item[]): boolean => new Set(items).size === items.length;

const common = {
  requests: count({ min: 100, max: 1_000_000_000 })
    .prefault(200_000)
    .describe('Requests of each variant, the first quarter of which fills the tier; not with a trace.'),
  hot_shift: z
    .enum(['on', 'off'])
    .prefault('on')
    .describe('on: after half of the requests other keys become the hot ones; not with a trace.'),
};

const l1 = z
  .strictObject({
    tier: z.literal('l1').optional().meta({ default: 'l1', description: 'The tier that has several sizes.' }),
    sizes: z
      .array(share().refine((part) => part > 0, 'expected a share over 0%'))
      .min(1)
      .refine(distinct, 'a size is named twice')
      .prefault(['1%', '2%', '5%', '10%', '20%', '50%'])
      .describe('Entries that the in-process tier holds, as shares of all keys.'),
    policies: z
      .array(z.enum(POLICY_NAMES))
      .min(1)
      .refine(distinct, 'a policy is named twice')
      .prefault(['lru', 'w-tinylfu'])
      .describe('What it drops to make room.'),
    memory: onlyWith('tier: redis or memcached'),
    ...common,
  })
  .transform(({ sizes, policies, requests, hot_shift: hotShift }) => {
    const sized: SizedL1 = { tier: 'l1', sizes, policies };
    return { kind: 'eviction' as const, sized, requests, hotShift };
  });

const server = z
  .strictObject({
    tier: z
      .enum(['redis', 'memcached'])
      .describe('The tier that has several sizes: a private server for each.'),
    memory: z
      .array(size('8MiB', '1024GiB'))
      .min(1)
      .refine(distinct, 'a size is named twice')
      .prefault(['8MiB', '16MiB', '32MiB', '64MiB'])
      .describe('Memory bounds of the servers. Redis drops the least recently used (allkeys-lru).'),
    sizes: onlyWith('tier: l1'),
    policies: onlyWith('tier: l1'),
    ...common,
  })
  .transform(({ tier, memory, requests, hot_shift: hotShift }) => {
    const sized: SizedServer = { tier, memory };
    return { kind: 'eviction' as const, sized, requests, hotShift };
  });

export const eviction: KindForm<EvictionWork> = {
  section: z
    .discriminatedUnion('tier', [l1, server])
    .describe('Tiers of several sizes, with several policies.'),
  variants: [],
  variantsOf,
  instances: 1,
  lengthMs: (_work, { warmupMs, durationMs }) => warmupMs + durationMs,
  describe: ({ hotShift }) => `working set against memory${hotShift === 'on' ? ', hot keys that move' : ''}`,
};
