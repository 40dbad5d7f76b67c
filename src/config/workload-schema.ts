import { z } from 'zod';
import { nearestOf } from '../base/nearest.ts';
import { findPreset, PRESET_NAMES } from '../workload/presets.ts';
import type { Preset } from '../workload/presets/preset.ts';
import { count } from './fields.ts';
import type { Keyspace, PresetOrigin } from './scenario.ts';

/** A published workload, and how many keys it is to have. */
export interface ChosenPreset {
  readonly preset: Preset;
  /** Default 10,000. */
  readonly keys?: number | undefined;
}

const MOST_SHOWN = 5;
const DEFAULT_KEYS = 10_000;

const name = z
  .string({ error: 'expected the name of a preset, such as twitter/cluster12' })
  .meta({ examples: ['twitter/cluster1', 'twitter/cluster54', 'meta/kvcache'] })
  .transform((text, context) => {
    const preset = findPreset(text);
    if (preset !== undefined) return preset;
    const near = nearestOf(text, PRESET_NAMES, MOST_SHOWN);
    const known = 'there are twitter/cluster1 to twitter/cluster54 and meta/kvcache';
    const message = `there is no preset '${text}'; near are ${near.join(', ')}; ${known}`;
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });

/** The section `workload`. */
export const workloadSchema: z.ZodType<ChosenPreset> = z.strictObject({
  preset: name.describe(
    'A published workload that gives keyspace, values, ttl and operations, as far as the file does not: cachectl scenarios presets.',
  ),
  keys: count({ min: 1, max: 1_000_000_000 }).optional().meta({
    default: DEFAULT_KEYS,
    description: 'Number of different keys, which no preset tells: its popularity is stretched over them.',
  }),
});

export function keyspaceOf({ preset, keys = DEFAULT_KEYS }: ChosenPreset): Keyspace {
  return { ...preset.popularity, keys, keyBytes: preset.keyBytes };
}

export function originOf({ preset }: ChosenPreset): PresetOrigin {
  const { name: called, source, publishedMissRatio, assumptions } = preset;
  return {
    name: called,
    source,
    ...(publishedMissRatio !== undefined && { publishedMissRatio }),
    assumptions,
  };
}
