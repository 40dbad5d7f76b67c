import { formatCount, formatDuration } from '../../base/units.ts';
import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf, formatMetric } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { unbroken } from '../text.ts';

/** What the first protection that holds buys, against the first variant. */
export function stampedeVerdict({ variants }: RunResult): readonly string[] {
  const [first] = variants;
  if (first === undefined) return ['Nothing was measured.'];
  const best = variants.reduce((a, b) => (loadsOf(b) < loadsOf(a) - MARGIN ? b : a));
  if (best === first) return [`${described(first)}.`];
  return [`${described(first)}; ${described(best)}.`, ...quietest(variants, best)];
}

/** Differences in the loads per cold key that are not worth a word. */
const MARGIN = 0.05;

const loadsOf = (variant: VariantResult): number =>
  figureOf(variant, 'origin.loads_per_cold_key') ?? Infinity;

function described(variant: VariantResult): string {
  const loads = formatMetric('origin.loads_per_cold_key', figureOf(variant, 'origin.loads_per_cold_key'));
  const peak = figureOf(variant, 'origin.peak_concurrency');
  const atOnce = peak === undefined ? '' : `, ${formatCount(peak)} at once at most`;
  return `With ${unbroken(nameOf(variant))} a cold key was loaded ${unbroken(`${loads} times`)}${atOnce}`;
}

/** Said when another protection made fewer callers wait. */
function quietest(variants: readonly VariantResult[], best: VariantResult): readonly string[] {
  const waiting = (variant: VariantResult): number => figureOf(variant, 'latency.p99') ?? Infinity;
  const quiet = variants.reduce((a, b) => (waiting(b) < waiting(a) ? b : a));
  const p99 = figureOf(quiet, 'latency.p99');
  if (quiet === best || p99 === undefined) return [];
  const against = figureOf(best, 'latency.p99');
  const than = against === undefined ? '' : `, against ${unbroken(formatDuration(against))}`;
  return [`The lowest p99 was that of ${unbroken(nameOf(quiet))}: ${unbroken(formatDuration(p99))}${than}.`];
}
