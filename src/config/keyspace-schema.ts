import { z } from 'zod';
import { KEY_NAME_BYTES, shortestKeyName } from '../workload/key-names.ts';
import { choiceOf, count, duration, filePath, real, share, size } from './fields.ts';
import type { Keyspace } from './scenario.ts';

/** The section as it is written: what stands in another file is not read yet. */
export type KeyspaceSection =
  | Keyspace
  | {
      readonly distribution: 'popularity';
      /** Undefined: as many as the file tells of. */
      readonly keys: number | undefined;
      readonly keyBytes: number;
      readonly file: string;
    };

const keyCount = count({ min: 1, max: 1_000_000_000 });

const common = {
  keys: keyCount.prefault(10_000).describe('Number of different keys.'),
  key_size: size('1B', '200B')
    .prefault(`${KEY_NAME_BYTES}B`)
    .describe(
      'Length of each key, without the namespace of the run; at least the digits of the number of keys.',
    ),
};

const exponent = real({ min: 0.01, max: 10 }).prefault(0.99);

/** Every key of the section that not all distributions have, with those that do. */
const NEEDS = {
  exponent: 'distribution: zipfian, latest or shifting',
  sigma: 'distribution: gaussian',
  hot_keys: 'distribution: hotspot or exponential',
  hot_operations: 'distribution: hotspot or exponential',
  shift_operations: 'distribution: shifting',
  shift_time: 'distribution: shifting',
  shift_step: 'distribution: shifting',
  file: 'distribution: popularity',
};

const zipfian = choiceOf(
  {
    distribution: z
      .literal('zipfian')
      .optional()
      .meta({ default: 'zipfian', description: 'A few keys are asked for often, most of them rarely.' }),
    ...common,
    exponent: exponent.describe(
      'Skew of the popularity: at 0.99, usual for caches, the first of 10,000 keys gets a tenth of all.',
    ),
  },
  NEEDS,
).transform((section) => ({
  ...spread(section),
  distribution: 'zipfian' as const,
  exponent: section.exponent,
}));

const uniform = choiceOf(
  {
    distribution: z.literal('uniform').describe('All keys are asked for equally often.'),
    ...common,
  },
  NEEDS,
).transform((section) => ({ ...spread(section), distribution: section.distribution }));

const gaussian = choiceOf(
  {
    distribution: z.literal('gaussian').describe('The keys in the middle are hot, those at the ends cold.'),
    ...common,
    sigma: share('0.01%').prefault('10%').describe('Standard deviation, as a share of the keys.'),
  },
  NEEDS,
).transform((section) => ({ ...spread(section), distribution: section.distribution, sigma: section.sigma }));

const hotspot = choiceOf(
  {
    distribution: z.literal('hotspot').describe('Some keys are hot, the others are not; alike within both.'),
    ...common,
    hot_keys: share('0.0001%').prefault('20%').describe('Share of the keys that are hot.'),
    hot_operations: share().prefault('80%').describe('Share of the operations on hot keys.'),
  },
  NEEDS,
).transform((section) => ({
  ...spread(section),
  distribution: section.distribution,
  hotKeys: section.hot_keys,
  hotDraws: section.hot_operations,
}));

const exponential = choiceOf(
  {
    distribution: z
      .literal('exponential')
      .describe('From each key to the next one the popularity falls by the same factor.'),
    ...common,
    hot_keys: share('0.0001%').prefault('80%').describe('Share of the keys.'),
    hot_operations: share('0.0001%', '99.9999%')
      .prefault('95%')
      .describe('Share of the operations on that share of the keys.'),
  },
  NEEDS,
).transform((section) => ({
  ...spread(section),
  distribution: section.distribution,
  hotKeys: section.hot_keys,
  hotDraws: section.hot_operations,
}));

const latest = choiceOf(
  {
    distribution: z
      .literal('latest')
      .describe('The keys that were written last are hot; each write is of the oldest key.'),
    ...common,
    exponent: exponent.describe('Skew of the popularity over the age.'),
  },
  NEEDS,
).transform((section) => ({
  ...spread(section),
  distribution: section.distribution,
  exponent: section.exponent,
}));

const sequential = choiceOf(
  {
    distribution: z.literal('sequential').describe('One key after the other, and again from the first.'),
    ...common,
  },
  NEEDS,
).transform((section) => ({ ...spread(section), distribution: section.distribution }));

const shifting = choiceOf(
  {
    distribution: z.literal('shifting').describe('As zipfian, but which keys are hot changes all at once.'),
    ...common,
    exponent: exponent.describe('Skew of the popularity.'),
    shift_operations: count({ min: 1, max: 1_000_000_000 })
      .prefault(100_000)
      .describe('Operations from one change to the next.'),
    shift_time: duration('1ms', '1d')
      .optional()
      .describe(
        'Time from one change to the next in an open load, at its mean rate; goes before shift_operations.',
      ),
    shift_step: share()
      .prefault('10%')
      .describe('How far each change goes, as a share of the keys: what had this rank becomes the hottest.'),
  },
  NEEDS,
).transform((section) => ({
  ...spread(section),
  distribution: section.distribution,
  exponent: section.exponent,
  everyOperations: section.shift_operations,
  ...(section.shift_time !== undefined && { everyMs: section.shift_time }),
  step: section.shift_step,
}));

const popularity = choiceOf(
  {
    distribution: z.literal('popularity').describe('Keys are as popular as a file says.'),
    ...common,
    keys: keyCount.optional().describe('Number of different keys. Default: as many as the file tells of.'),
    file: filePath().describe(
      'Path from the scenario file: a weight a line; or shares of keys and of draws, cumulated; or a pop.json of CacheBench.',
    ),
  },
  NEEDS,
).transform((section) => ({
  keys: section.keys,
  keyBytes: section.key_size,
  distribution: section.distribution,
  file: section.file,
}));

function spread(section: { readonly keys: number; readonly key_size: number }): {
  readonly keys: number;
  readonly keyBytes: number;
} {
  return { keys: section.keys, keyBytes: section.key_size };
}

/** The section `keyspace`. */
export const keyspaceSchema: z.ZodType<KeyspaceSection> = z
  .discriminatedUnion('distribution', [
    zipfian,
    uniform,
    gaussian,
    hotspot,
    exponential,
    latest,
    sequential,
    shifting,
    popularity,
  ])
  .superRefine((section, context) => {
    const least = shortestKeyName(section.keys ?? 1);
    if (section.keyBytes >= least) return;
    const message = `${section.keys} keys need at least ${least}B`;
    context.addIssue({ code: 'custom', message, path: ['key_size'] });
  });
