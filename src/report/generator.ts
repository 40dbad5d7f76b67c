import { formatDuration, formatRatio } from '../base/units.ts';
import type { RunResult } from '../results/run-result.ts';
import { doubtsOf } from '../results/trust.ts';
import { figureOf } from './metric-text.ts';
import type { Style } from './style.ts';
import { unbroken, wrap } from './text.ts';

/** Whether the figures are those of the cache, and how the generator fared in the variant where it fared worst. */
export function renderGenerator(result: RunResult, width: number, style: Style): readonly string[] {
  if (result.variants.length === 0 || result.outcome !== 'complete') return [];
  const isTrusted = doubtsOf(result).length === 0;
  const verdict = isTrusted ? 'Trustworthy' : 'Not trustworthy, see the warnings';
  const [first = '', ...rest] = wrap(`${[verdict, ...factsOf(result).map(unbroken)].join(', ')}.`, width);
  const shown = first.startsWith(verdict)
    ? style(isTrusted ? 'good' : 'bad', verdict) + first.slice(verdict.length)
    : first;
  return [shown, ...rest];
}

function factsOf(result: RunResult): readonly string[] {
  const worst = (name: string, text: (value: number) => string, pick = Math.max): readonly string[] => {
    const values = result.variants.flatMap((variant) => figureOf(variant, name) ?? []);
    return values.length === 0 ? [] : [text(pick(...values))];
  };
  const reached = result.variants.flatMap((variant) => {
    const offered = figureOf(variant, 'offered_rate');
    const throughput = figureOf(variant, 'throughput');
    return offered === undefined || throughput === undefined ? [] : [throughput / offered];
  });
  return [
    ...(reached.length === 0 ? [] : [`${formatRatio(Math.min(1, ...reached))} of the offered rate reached`]),
    ...worst('schedule_slip.p99', (ms) => `p99 sent ${formatDuration(ms)} late`),
    ...worst('event_loop.utilization', (share) => `generator's loop ${formatRatio(share)} busy`),
    ...worst('generator.cores', (cores) => `${cores.toFixed(2)} cores used`),
    ...worst('generator.starved', (share) => `${formatRatio(share)} without CPU`),
    ...worst('errors', (count) => (count === 0 ? 'no errors' : `${count} errors`)),
  ];
}
