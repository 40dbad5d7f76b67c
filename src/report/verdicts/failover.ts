import { formatCount, formatDuration } from '../../base/units.ts';
import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { counted, unbroken } from '../text.ts';

/** Changes of less than this share are none. */
const SAME = 0.1;

/** The worst fault in full, then what the others have in common. */
export function failoverVerdict({ variants }: RunResult): readonly string[] {
  const [worst, ...others] = variants
    .filter((variant) => figureOf(variant, 'fault.errors') !== undefined)
    .sort((a, b) => failedReads(b) - failedReads(a) || recovery(b) - recovery(a) || p99(b) - p99(a));
  if (worst === undefined) return ['No fault was measured to its end.'];
  return [inFull(worst), ...together(others)];
}

const failedReads = (variant: VariantResult): number => figureOf(variant, 'fault.read_errors') ?? 0;
const failedWrites = (variant: VariantResult): number =>
  (figureOf(variant, 'fault.errors') ?? 0) - failedReads(variant);
/** What cannot be compared by subtraction, as never, is a week. */
const recovery = (variant: VariantResult): number => figureOf(variant, 'recovery.time') ?? 7 * 86_400_000;
const p99 = (variant: VariantResult): number => figureOf(variant, 'fault.latency.p99') ?? 0;
const duration = (ms: number): string => unbroken(formatDuration(ms));

function inFull(variant: VariantResult): string {
  const [begin, end] = variant.events ?? [];
  const length =
    begin === undefined || end === undefined ? '' : ` for ${duration((end.at - begin.at) * 1000)}`;
  const what = [latencyText(variant), loadText(variant)].filter((text) => text !== undefined).join(', ');
  const parts = [failedText([variant]), what, recoveryText(variant)].filter((text) => text !== '');
  return `${nameOf(variant)}${length}: ${parts.join('; ')}.`;
}

/** Writes fail when the tier that they are for is away, and say so; reads need not. */
function failedText(variants: readonly VariantResult[]): string {
  const total = (of: (variant: VariantResult) => number): number =>
    variants.reduce((sum, variant) => sum + of(variant), 0);
  const [reads, writes] = [total(failedReads), total(failedWrites)];
  if (reads + writes === 0) return 'no operation failed';
  const writeText = unbroken(counted(writes, 'write'));
  if (reads === 0) return `no read failed, ${writeText} did`;
  const readText = unbroken(counted(reads, 'read'));
  return writes === 0 ? `${readText} failed` : `${readText} and ${writeText} failed`;
}

function latencyText(variant: VariantResult): string | undefined {
  const before = figureOf(variant, 'before.latency.p99');
  const during = figureOf(variant, 'fault.latency.p99');
  if (before === undefined || during === undefined) return undefined;
  const rose = during > before * (1 + SAME);
  return rose
    ? `p99 rose from ${duration(before)} to ${duration(during)}`
    : `p99 did not rise over the ${duration(before)} of before`;
}

function loadText(variant: VariantResult): string | undefined {
  const factor = figureOf(variant, 'fault.origin.loads_factor');
  if (factor !== undefined) {
    if (factor <= 1 + SAME) return 'no more origin load';
    const times = factor < 10 ? factor.toFixed(1) : formatCount(Math.round(factor));
    return unbroken(`${times} × the origin load`);
  }
  const loads = figureOf(variant, 'fault.origin.loads');
  return loads === undefined ? undefined : unbroken(counted(loads, 'origin load'));
}

function recoveryText(variant: VariantResult): string {
  const ms = figureOf(variant, 'recovery.time');
  return ms === undefined ? 'not back when the run ended' : `back ${duration(ms)} after it returned`;
}

function together(others: readonly VariantResult[]): readonly string[] {
  const [slowest] = [...others].sort((a, b) => recovery(b) - recovery(a));
  if (slowest === undefined) return [];
  const which = others.length === 1 ? 'the other fault' : `the other ${others.length} faults`;
  const errors = failedText(others);
  const late = others.filter((variant) => figureOf(variant, 'recovery.time') === undefined);
  const names = late.map((variant) => unbroken(nameOf(variant))).join(', ');
  const back =
    late.length > 0
      ? `not back when the run ended: ${names}`
      : `the last to be back was ${unbroken(nameOf(slowest))}, after ${duration(recovery(slowest))}`;
  return [`In ${which} ${errors}; ${back}.`];
}
