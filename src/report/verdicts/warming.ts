import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf, formatMetric } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { unbroken } from '../text.ts';

/** What each start has cost: a sentence that goes from the cold one to the deploy. */
export function warmingVerdict({ variants }: RunResult): readonly string[] {
  if (variants.length === 0) return ['Nothing was measured.'];
  const said = variants.map((variant) => (has(variant, 'warmup.dip') ? deployed(variant) : started(variant)));
  const [first = '', ...others] = said;
  return [`${[first.charAt(0).toUpperCase() + first.slice(1), ...others].join('; ')}.`];
}

function started(variant: VariantResult): string {
  const { name, figure } = of(variant);
  const steady = `90 % of the steady hit ratio (${figure('warmup.steady.hit_ratio')})`;
  const loads = `${figure('warmup.origin.loads')} loads`;
  const before = has(variant, 'warmup.preload.loads')
    ? `, ${figure('warmup.preload.loads')} loads before the start`
    : '';
  const time = figureOf(variant, 'warmup.time_to_90');
  if (time === undefined)
    return `${name}: not at ${unbroken(steady)} within the run, after ${loads}${before}`;
  const l1 = figureOf(variant, 'warmup.l1.time_to_90');
  const near = l1 === undefined || l1 <= time ? '' : ` (that of L1 after ${figure('warmup.l1.time_to_90')})`;
  if (time === 0) return `${name}: ${unbroken(steady)} at once${near}${before}`;
  return `${name}: ${unbroken(steady)} after ${figure('warmup.time_to_90')} and ${unbroken(loads)}${near}${before}`;
}

function deployed(variant: VariantResult): string {
  const { name, figure } = of(variant);
  const steady = figure('warmup.steady.hit_ratio');
  const l1 = has(variant, 'warmup.l1.dip')
    ? `, that of L1 from ${figure('warmup.steady.l1.hit_ratio')} to ${figure('warmup.l1.dip')}`
    : '';
  const loads = unbroken(`${figure('warmup.origin.loads')} loads`);
  const dip = figureOf(variant, 'warmup.dip') ?? 0;
  const hasDipped = dip < (figureOf(variant, 'warmup.steady.hit_ratio') ?? 0);
  const fall = hasDipped ? `dips from ${steady} to ${figure('warmup.dip')}` : `stays at ${steady} or above`;
  const isBelow = (figureOf(variant, 'warmup.dip.duration') ?? 0) > 0;
  const time = isBelow ? `, for ${figure('warmup.dip.duration')} below 90 % of it` : '';
  return `${name}: the hit ratio ${fall}${time}${l1}, ${loads}`;
}

function has(variant: VariantResult, metric: string): boolean {
  return figureOf(variant, metric) !== undefined;
}

function of(variant: VariantResult): { readonly name: string; readonly figure: (metric: string) => string } {
  return {
    name: unbroken(nameOf(variant)),
    figure: (metric) => unbroken(formatMetric(metric, figureOf(variant, metric))),
  };
}
