import { z } from 'zod';
import { medianOfMean } from '../workload/sizes/lognormal.ts';
import { choiceOf, eitherOf, excludes, filePath, real, share, size } from './fields.ts';
import type { ValueSizes } from '../workload/value-sizes.ts';

/** The section as it is written: a table in a file is not read yet, and empty. */
export type ValuesSection = ValueSizes & { readonly file?: string };

const MIN = '1B';
const MAX = '64MiB';

const compressibility = share()
  .prefault('0%')
  .describe('Share of the bytes that a general compressor can take away, in whole percent.');

/** Every key of the section that not all distributions have, with those that do. */
const NEEDS = {
  size: 'distribution: fixed',
  min: 'distribution: uniform, lognormal or pareto',
  max: 'distribution: uniform, lognormal or pareto',
  median: 'distribution: lognormal',
  mean: 'distribution: lognormal',
  sigma: 'distribution: lognormal',
  location: 'distribution: pareto',
  scale: 'distribution: pareto',
  shape: 'distribution: pareto',
  choices: 'distribution: table',
  file: 'distribution: table',
};

const min = size(MIN, MAX);
const max = size(MIN, MAX);

const fixed = choiceOf(
  {
    distribution: z
      .literal('fixed')
      .optional()
      .meta({ default: 'fixed', description: 'All values have the same size.' }),
    size: size(MIN, MAX).prefault('1KiB').describe('Size of every value.'),
    compressibility,
  },
  NEEDS,
).transform((section) => ({
  distribution: 'fixed' as const,
  bytes: section.size,
  compressibility: section.compressibility,
}));

const uniform = choiceOf(
  {
    distribution: z.literal('uniform').describe('Sizes from min to max are equally likely.'),
    min: min.prefault('100B').describe('Size of the smallest value.'),
    max: max.prefault('4KiB').describe('Size of the largest value.'),
    compressibility,
  },
  NEEDS,
).transform((section) => ({ distribution: section.distribution, ...bounds(section) }));

const lognormal = choiceOf(
  {
    distribution: z.literal('lognormal').describe('Many small values and a few large ones.'),
    median: size(MIN, MAX)
      .optional()
      .meta({ default: '1KiB', description: 'Half of the values are smaller.' }),
    mean: size(MIN, MAX).optional().describe('Mean size, in place of the median.'),
    sigma: real({ min: 0.01, max: 5 })
      .prefault(1)
      .describe('Standard deviation of the logarithm of the size.'),
    min: min.prefault('1B').describe('Smaller sizes become this one.'),
    max: max.prefault('1MiB').describe('Larger sizes become this one.'),
    compressibility,
  },
  NEEDS,
)
  .superRefine(excludes('mean', 'median'))
  .transform(({ median, mean, sigma, ...section }) => ({
    distribution: section.distribution,
    medianBytes: mean === undefined ? (median ?? 1024) : medianOfMean(mean, sigma),
    sigma,
    ...bounds(section),
  }));

const pareto = choiceOf(
  {
    distribution: z
      .literal('pareto')
      .describe("Generalised Pareto; the defaults are those of Facebook's ETC pool (Atikoglu et al., 2012)."),
    location: size('0B', MAX).prefault('0B').describe('Smallest size of the formula.'),
    scale: real({ min: 0.001, max: 67_108_864 }).prefault(214.476).describe('Scale in bytes.'),
    shape: real({ min: -10, max: 10 }).prefault(0.348238).describe('Weight of the tail.'),
    min: min.prefault('1B').describe('Smaller sizes become this one.'),
    max: max.prefault('1MiB').describe('Larger sizes become this one.'),
    compressibility,
  },
  NEEDS,
).transform(({ location, scale, shape, ...section }) => ({
  distribution: section.distribution,
  locationBytes: location,
  scaleBytes: scale,
  shape,
  ...bounds(section),
}));

const choice = z.strictObject({
  size: size(MIN, MAX).describe('Size of these values.'),
  weight: real({ min: 1e-9, max: 1e15 }).describe('How many there are, against the other weights.'),
});

const table = choiceOf(
  {
    distribution: z.literal('table').describe('Sizes as measured: a list here, or a file.'),
    choices: z
      .array(choice)
      .min(1, { error: 'expected at least one size' })
      .optional()
      .describe('Sizes and weights.'),
    file: filePath()
      .optional()
      .describe('Path from the scenario file: a size and its weight a line; or a sizes.json of CacheBench.'),
    compressibility,
  },
  NEEDS,
)
  .superRefine(eitherOf('choices', 'file'))
  .transform(({ choices = [], file, ...section }) => ({
    ...section,
    ...(file !== undefined && { file }),
    table: { sizes: choices.map((one) => one.size), weights: choices.map((one) => one.weight) },
  }));

interface Bounded {
  readonly min: number;
  readonly max: number;
  readonly compressibility: number;
}

function bounds(section: Bounded): { minBytes: number; maxBytes: number; compressibility: number } {
  return { minBytes: section.min, maxBytes: section.max, compressibility: section.compressibility };
}

/** The section `values`. */
export const valuesSchema: z.ZodType<ValuesSection> = z
  .discriminatedUnion('distribution', [fixed, uniform, lognormal, pareto, table])
  .superRefine((sizes, context) => {
    if (!('minBytes' in sizes) || sizes.minBytes <= sizes.maxBytes) return;
    context.addIssue({ code: 'custom', message: 'min is larger than max', path: ['min'] });
  });
