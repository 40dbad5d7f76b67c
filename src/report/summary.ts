import { formatCount, formatDuration, formatRatio } from '../base/units.ts';
import type { RunResult, VariantResult } from '../results/run-result.ts';
import { figureOf } from './metric-text.ts';
import { nameOf, TIER_LABELS } from './names.ts';
import { unbroken } from './text.ts';

/** Figures closer than this share of each other are called the same. */
const SAME = 0.05;

const titled = (variant: VariantResult): string => unbroken(nameOf(variant));
const duration = (ms: number): string => unbroken(formatDuration(ms));
const ratio = (value: number): string => unbroken(formatRatio(value));
const count = (value: number): string => unbroken(formatCount(value));

/** The variant that the report is about: the main one, or the last that was measured. */
export function mainVariant(result: RunResult): VariantResult | undefined {
  const main = result.scenario.variants.at(-1);
  return result.variants.find((variant) => variant.id === main) ?? result.variants.at(-1);
}

/** What the main variant is held against: the one without tiers, or else the first. */
export function baselineOf(result: RunResult, main: VariantResult): VariantResult | undefined {
  const others = result.variants.filter((variant) => variant !== main);
  return others.find((variant) => variant.tiers.length === 0) ?? others[0];
}

/** What was seen, in sentences that each stand on figures of the run. */
export function observe(result: RunResult): readonly string[] {
  const main = mainVariant(result);
  if (main === undefined) return ['Nothing was measured.'];
  const baseline = baselineOf(result, main);
  return [
    ...speed(main, baseline),
    ...cost(main, baseline),
    ...origin(main),
    ...tiers(main),
    ...quickest(result, main, baseline),
    ...published(result, main),
  ];
}

function speed(main: VariantResult, baseline: VariantResult | undefined): readonly string[] {
  const typical = figureOf(main, 'latency.p50');
  const slow = figureOf(main, 'latency.p99');
  if (typical === undefined || slow === undefined) return [];
  const typicalBefore = baseline && figureOf(baseline, 'latency.p50');
  const slowBefore = baseline && figureOf(baseline, 'latency.p99');
  if (baseline === undefined || typicalBefore === undefined || slowBefore === undefined) {
    return [`Half of the operations took at most ${duration(typical)}, and 99 % at most ${duration(slow)}.`];
  }
  return [
    `Half of the operations took at most ${duration(typical)} with ${titled(main)}, against ` +
      `${duration(typicalBefore)} with ${titled(baseline)}: ${compare(typical, typicalBefore)}.`,
    `99 % took at most ${duration(slow)}, against ${duration(slowBefore)}: ${compare(slow, slowBefore)}.`,
  ];
}

function compare(now: number, before: number): string {
  if (Math.abs(now - before) <= SAME * Math.max(now, before)) return 'about the same';
  if (now === 0 || before === 0) return now < before ? 'faster' : 'slower';
  return now < before ? `${times(before / now)} faster` : `${times(now / before)} slower`;
}

function times(factor: number): string {
  const rounded = Number(factor.toPrecision(2));
  return unbroken(`${rounded >= 10 ? formatCount(rounded) : rounded.toFixed(1)} times`);
}

/** Said when tiers made the typical operation slower than going to the origin. */
function cost(main: VariantResult, baseline: VariantResult | undefined): readonly string[] {
  const now = figureOf(main, 'latency.p50');
  const before = baseline && figureOf(baseline, 'latency.p50');
  if (baseline?.tiers.length !== 0 || main.tiers.length === 0) return [];
  if (now === undefined || before === undefined || now <= before * (1 + SAME)) return [];
  return [
    'Here the cache costs more than it saves: the origin answers sooner than the tiers in front of it.',
  ];
}

function origin(main: VariantResult): readonly string[] {
  const loads = figureOf(main, 'origin.loads');
  const avoided = figureOf(main, 'origin.loads_avoided');
  if (loads === undefined || avoided === undefined || loads + avoided === 0) return [];
  if (avoided === 0) return [`Every read was loaded from the origin (${count(loads)} loads).`];
  const reads = loads + avoided;
  return [
    `${count(avoided)} of ${count(reads)} reads (${ratio(avoided / reads)}) needed no load from the origin.`,
  ];
}

function tiers(main: VariantResult): readonly string[] {
  const hits = Object.entries(TIER_LABELS)
    .map(([tier, label]) => ({ label, hits: figureOf(main, `${tier}.hits`) ?? 0 }))
    .filter((tier) => tier.hits > 0)
    .sort((a, b) => b.hits - a.hits);
  const [first, second] = hits;
  if (first === undefined || second === undefined) return [];
  const all = hits.reduce((sum, tier) => sum + tier.hits, 0);
  const most = first.hits > all / 2 ? 'most' : 'more';
  const ofWhat = most === 'most' ? 'most of the hits' : 'more hits than any other tier';
  const next = `then ${second.label} (${ratio(second.hits / all)})`;
  return [`${first.label} answered ${ofWhat} (${ratio(first.hits / all)}), ${next}.`];
}

/** Said when a variant that was not mentioned yet had the lowest 99th percentile. */
function quickest(
  result: RunResult,
  main: VariantResult,
  baseline: VariantResult | undefined,
): readonly string[] {
  const [best] = result.variants
    .map((variant) => ({ variant, p99: figureOf(variant, 'latency.p99') }))
    .filter((each): each is { variant: VariantResult; p99: number } => each.p99 !== undefined)
    .sort((a, b) => a.p99 - b.p99);
  const mainP99 = figureOf(main, 'latency.p99');
  if (best === undefined || mainP99 === undefined || best.p99 >= mainP99 * (1 - SAME)) return [];
  if (best.variant === baseline) return [];
  return [`The lowest p99 was that of ${titled(best.variant)}: ${duration(best.p99)}.`];
}

/** Where a workload was published with the miss ratio that it had in production, the one here is said beside it. */
function published({ scenario }: RunResult, main: VariantResult): readonly string[] {
  const theirs = scenario.preset?.publishedMissRatio;
  const hits = figureOf(main, 'hit_ratio');
  if (scenario.preset === undefined || theirs === undefined || hits === undefined || main.tiers.length === 0)
    return [];
  return [
    `Of the reads ${ratio(1 - hits)} missed with ${titled(main)}; in production, with a cache and keys of other size, ` +
      `${ratio(theirs)} of ${unbroken(scenario.preset.name)} did (${scenario.preset.source}).`,
  ];
}
