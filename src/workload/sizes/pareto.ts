import { requirePositive, requireRange } from '../ranges.ts';

export interface ParetoSize {
  /** Smallest size, in bytes, 0 or more. */
  readonly locationBytes: number;
  /** Over 0, in bytes. */
  readonly scaleBytes: number;
  /** How heavy the tail is, from -10 to 10: 0 falls exponentially, below it there is a largest size, above it none. */
  readonly shape: number;
}

/**
 * The generalised Pareto distribution. Value sizes of Facebook's ETC pool have location 0, scale 214.476 and shape
 * 0.348238: Atikoglu, Xu, Frachtenberg, Jiang, Paleczny, "Workload analysis of a large-scale key-value store",
 * SIGMETRICS 2012, section 5.
 */
export function paretoQuantile({ locationBytes, scaleBytes, shape }: ParetoSize): (u: number) => number {
  requireRange('location', locationBytes, 0, Number.MAX_VALUE);
  requirePositive('scale', scaleBytes);
  requireRange('shape', shape, -10, 10);
  return (u) => {
    const log = -Math.log1p(-u);
    return locationBytes + scaleBytes * (shape === 0 ? log : Math.expm1(shape * log) / shape);
  };
}
