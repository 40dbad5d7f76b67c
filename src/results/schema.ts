import { z } from 'zod';
import type { RunResult } from './run-result.ts';

export const RUN_RESULT_SCHEMA = 'cachectl.bench/1';

const server = z.object({
  role: z.string(),
  product: z.string(),
  version: z.string(),
  address: z.string(),
  private: z.boolean(),
  settings: z.record(z.string(), z.string()),
});

const load = z.discriminatedUnion('model', [
  z.object({
    model: z.literal('closed'),
    connections: z.number(),
    pipeline: z.number().exactOptional(),
    thinkMs: z.number().exactOptional(),
  }),
  z.object({ model: z.literal('open'), rate: z.number(), connections: z.number() }),
]);

const second = z.object({
  at: z.number(),
  operations: z.number(),
  errors: z.number(),
  hits: z.number(),
  reads: z.number(),
  p99Ms: z.number().exactOptional(),
  latency: z.string().exactOptional(),
});

const variant = z.object({
  id: z.string(),
  title: z.string(),
  tiers: z.array(z.string()),
  driver: z.string().exactOptional(),
  round: z.number().exactOptional(),
  measuredMs: z.number(),
  metrics: z.record(z.string(), z.number()),
  histograms: z.record(z.string(), z.string()),
  seconds: z.array(second),
  errors: z.array(z.object({ message: z.string(), count: z.number() })),
  events: z.array(z.object({ at: z.number(), what: z.string() })).exactOptional(),
});

const warning = z.object({
  code: z.enum([
    'generator_saturated',
    'generator_starved',
    'rate_not_reached',
    'hit_ratio_missed',
    'few_samples',
    'errors',
    'evictions',
    'server_lost',
    'instance_lost',
    'not_recovered',
    'leftovers',
    'interrupted',
  ]),
  variant: z.string().exactOptional(),
  message: z.string(),
});

const spread = z.object({ median: z.number(), low: z.number(), high: z.number() });

const attribution = z.object({
  rounds: z.number(),
  layers: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      tiers: z.array(z.string()),
      driver: z.string(),
      figures: z.record(z.string(), spread),
      added: z.record(z.string(), spread),
    }),
  ),
});

/** What a result file must look like. Keys it does not know are dropped: a later release may add some. */
export const runResult: z.ZodType<RunResult> = z.object({
  schema: z.literal(RUN_RESULT_SCHEMA),
  cachectl: z.string(),
  startedAt: z.string(),
  scenario: z.object({
    name: z.string(),
    title: z.string(),
    kind: z.string(),
    file: z.string(),
    seed: z.number(),
    load,
    work: z.string().exactOptional(),
    variants: z.array(z.string()),
    resolved: z.unknown(),
    preset: z
      .object({
        name: z.string(),
        source: z.string(),
        publishedMissRatio: z.number().exactOptional(),
        assumptions: z.array(z.string()),
      })
      .exactOptional(),
  }),
  environment: z.object({
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    servers: z.array(server),
  }),
  variants: z.array(variant),
  warnings: z.array(warning),
  outcome: z.enum(['complete', 'server_lost', 'interrupted']),
  shard: z.object({ index: z.number(), count: z.number() }).exactOptional(),
  attribution: attribution.exactOptional(),
});
