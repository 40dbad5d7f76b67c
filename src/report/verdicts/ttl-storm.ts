import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf, formatMetric } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { unbroken } from '../text.ts';

/** How hard the origin was hit by the first variant, and by the one that spares it most; whose readers felt it least. */
export function ttlStormVerdict({ variants }: RunResult): readonly string[] {
  const [first] = variants;
  if (first === undefined) return ['Nothing was measured.'];
  const gentlest = lowest(variants, 'storm.origin.peak');
  const quiet = lowest(variants, 'storm.latency.p99');
  const said = gentlest === first ? [first] : [first, gentlest];
  const loads = [`With ${said.map(described).join('; with ')}.`];
  const calm = textOf(quiet, 'storm.calm.latency.p99');
  const then = textOf(quiet, 'storm.latency.p99');
  if (then === undefined) return loads;
  const before = calm === undefined ? '' : `, after ${calm} before`;
  return [
    ...loads,
    `Readers felt it least with ${unbroken(nameOf(quiet))}: p99 of ${then} in the storm${before}.`,
  ];
}

function lowest(variants: readonly VariantResult[], metric: string): VariantResult {
  const of = (variant: VariantResult): number => figureOf(variant, metric) ?? Infinity;
  return variants.reduce((a, b) => (of(b) < of(a) ? b : a));
}

function described(variant: VariantResult): string {
  const name = unbroken(nameOf(variant));
  const peak = textOf(variant, 'storm.origin.peak');
  if (peak === undefined) return `${name} nothing was loaded around the expiry`;
  const factor = textOf(variant, 'storm.peak_factor') ?? '–';
  const length = textOf(variant, 'storm.duration') ?? '–';
  return `${name} the origin loaded up to ${peak}, ${unbroken(`${factor} times`)} the mean, for ${length}`;
}

function textOf(variant: VariantResult, metric: string): string | undefined {
  const value = figureOf(variant, metric);
  return value === undefined ? undefined : unbroken(formatMetric(metric, value));
}
