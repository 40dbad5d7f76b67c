import { CachectlError } from '../base/errors.ts';
import { choose } from './choice.ts';
import { type LognormalSize, lognormalQuantile } from './sizes/lognormal.ts';
import { type ParetoSize, paretoQuantile } from './sizes/pareto.ts';
import { type SizeTable, tableQuantile } from './sizes/table.ts';

/** Sizes below the first or above the second become these. */
interface Bounds {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** What each distribution of sizes is told. */
interface Parameters {
  readonly fixed: { readonly bytes: number };
  readonly uniform: Bounds;
  readonly lognormal: LognormalSize & Bounds;
  readonly pareto: ParetoSize & Bounds;
  readonly table: { readonly table: SizeTable };
}

export type SizeDistributionName = keyof Parameters;

type SizesOf<N extends SizeDistributionName> = {
  readonly distribution: N;
  /** Share of the bytes of a value that a general compressor can take away, from 0 to 1, in whole percent. Default 0. */
  readonly compressibility?: number;
} & Parameters[N];

/** Sizes of values in bytes, from 1 to {@link MAX_VALUE_BYTES}. */
export type ValueSizes = { [N in SizeDistributionName]: SizesOf<N> }[SizeDistributionName];

/** The size at a number over 0 and under 1: small ones below, large ones above. */
type SizeQuantile = (u: number) => number;

type Factories = { readonly [N in SizeDistributionName]: (sizes: SizesOf<N>) => SizeQuantile };

/** Large enough for any backend's limit. */
export const MAX_VALUE_BYTES: number = 2 ** 29;

/** Distributions of sizes by the name they have in scenarios. */
export const SIZE_DISTRIBUTIONS: Factories = {
  fixed: ({ bytes }) => {
    requireSize(bytes);
    return () => bytes;
  },
  uniform: (bounds) => {
    const { minBytes, maxBytes } = requireBounds(bounds);
    return (u) => minBytes + Math.floor(u * (maxBytes - minBytes + 1));
  },
  lognormal: (sizes) => within(lognormalQuantile(sizes), sizes),
  pareto: (sizes) => within(paretoQuantile(sizes), sizes),
  table: ({ table }) => {
    const quantile = tableQuantile(table);
    const sizes = table.sizes.toSorted((a, b) => a - b);
    return within(quantile, { minBytes: sizes[0] ?? 0, maxBytes: sizes.at(-1) ?? 0 });
  },
};

/** @throws CachectlError `BAD_SCENARIO` when the name is unknown, naming the known ones, or something is out of range */
export function createSizeQuantile(sizes: ValueSizes): SizeQuantile {
  const factory = choose('size distribution', sizes.distribution, SIZE_DISTRIBUTIONS);
  // The name is what chose the factory, which the types cannot follow.
  return (factory as (sizes: ValueSizes) => SizeQuantile)(sizes);
}

/** Steps of {@link meanValueBytes}: the mean of a heavy tail is right to some percent. */
const MEAN_STEPS = 4096;

/** Mean size in bytes, about: that of the sizes at even distances. @throws CachectlError as {@link createSizeQuantile} */
export function meanValueBytes(sizes: ValueSizes): number {
  const quantile = createSizeQuantile(sizes);
  let sum = 0;
  for (let step = 0; step < MEAN_STEPS; step++) sum += quantile((step + 0.5) / MEAN_STEPS);
  return sum / MEAN_STEPS;
}

function within(quantile: SizeQuantile, bounds: Bounds): SizeQuantile {
  const { minBytes, maxBytes } = requireBounds(bounds);
  return (u) => Math.min(Math.max(Math.round(quantile(u)), minBytes), maxBytes);
}

function requireBounds({ minBytes, maxBytes }: Bounds): Bounds {
  requireSize(minBytes);
  requireSize(maxBytes);
  if (minBytes <= maxBytes) return { minBytes, maxBytes };
  const message = `largest value size ${maxBytes} is below the smallest, ${minBytes}`;
  throw new CachectlError('BAD_SCENARIO', message);
}

function requireSize(bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= 1 && bytes <= MAX_VALUE_BYTES) return bytes;
  const message = `value size is ${bytes} bytes, expected an integer from 1 to ${MAX_VALUE_BYTES}`;
  throw new CachectlError('BAD_SCENARIO', message);
}
