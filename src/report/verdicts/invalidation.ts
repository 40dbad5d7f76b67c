import { formatDuration, formatRatio } from '../../base/units.ts';
import type { RunResult, VariantResult } from '../../results/run-result.ts';
import { figureOf } from '../metric-text.ts';
import { nameOf } from '../names.ts';
import { counted, unbroken } from '../text.ts';

/** How soon a change was seen at best and with the first variant, and who gave away more than his level allows. */
export function invalidationVerdict({ variants }: RunResult): readonly string[] {
  const [first] = variants;
  if (first === undefined) return ['Nothing was measured.'];
  const best = variants.reduce((a, b) => (isBetter(b, a) ? b : a));
  const against = best === first ? '' : `; with ${unbroken(nameOf(first))} ${brief(first)}`;
  return [`With ${unbroken(nameOf(best))} ${described(best)}${against}.`, ...judged(variants)];
}

/** Fewer breaches first, then fewer stale reads, then sooner. */
function isBetter(one: VariantResult, other: VariantResult): boolean {
  const ranks = (variant: VariantResult): readonly number[] => [
    breaches(variant).length,
    figureOf(variant, 'stale.ratio') ?? Infinity,
    figureOf(variant, 'visible_everywhere.p99') ?? Infinity,
  ];
  const theirs = ranks(other);
  const steps = ranks(one).map((rank, i) => rank - (theirs[i] ?? 0));
  return (steps.find((step) => step !== 0 && !Number.isNaN(step)) ?? 0) < 0;
}

function described(variant: VariantResult): string {
  const delays = delaysOf(variant);
  const seen =
    delays === undefined
      ? 'no change was seen everywhere'
      : `a change was visible everywhere within ${delays.typical} (p50) to ${delays.slow} (p99) of its acknowledgement`;
  const { share, oldest } = staleOf(variant);
  if (share === undefined) return `${seen}, and no read was stale`;
  const bound = duration(figureOf(variant, 'stale.bound') ?? 0);
  return `${seen}, and ${share} of the reads were stale, the oldest by ${oldest} where ${bound} is allowed`;
}

/** The same figures, after they were said of another variant. */
function brief(variant: VariantResult): string {
  const delays = delaysOf(variant);
  const seen = delays === undefined ? 'none was' : `${delays.typical} to ${delays.slow}`;
  const { share, oldest } = staleOf(variant);
  return share === undefined ? `${seen}, none stale` : `${seen}, and ${share} stale, the oldest by ${oldest}`;
}

function delaysOf(variant: VariantResult): { typical: string; slow: string } | undefined {
  const typical = figureOf(variant, 'visible_everywhere.p50');
  const slow = figureOf(variant, 'visible_everywhere.p99');
  if (typical === undefined || slow === undefined) return undefined;
  return { typical: duration(typical), slow: duration(slow) };
}

/** The share is absent when no read was stale. */
function staleOf(variant: VariantResult): { share: string | undefined; oldest: string } {
  const ratio = figureOf(variant, 'stale.ratio') ?? 0;
  const oldest = duration(figureOf(variant, 'stale.max_age') ?? 0);
  return { share: ratio === 0 ? undefined : unbroken(formatRatio(ratio)), oldest };
}

function judged(variants: readonly VariantResult[]): readonly string[] {
  const broken = variants.filter((variant) => breaches(variant).length > 0);
  if (broken.length === 0) return ['All kept to what their level allows.'];
  return broken.map((variant) => `${unbroken(nameOf(variant))}: ${breaches(variant).join(', ')}.`);
}

/** What the level of a variant rules out. */
function breaches(variant: VariantResult): readonly string[] {
  const beyond = figureOf(variant, 'stale.beyond_bound') ?? 0;
  const unseen = figureOf(variant, 'visible.unseen') ?? 0;
  return [
    ...(beyond === 0 ? [] : [`${unbroken(counted(beyond, 'stale read'))} older than allowed`]),
    ...(unseen === 0 ? [] : [`${unbroken(counted(unseen, 'change'))} not seen to the end`]),
  ];
}

const duration = (ms: number): string => unbroken(formatDuration(ms));
