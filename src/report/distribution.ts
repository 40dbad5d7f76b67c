import { formatDuration } from '../base/units.ts';
import { decodeLatencies, type LatencyCount } from '../results/histogram.ts';
import type { VariantResult } from '../results/run-result.ts';
import { cutLabels } from './grid.ts';
import { nameOf } from './names.ts';
import type { Style } from './style.ts';
import { displayWidth, padEnd } from './text.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const MAX_COLUMNS_PER_DECADE = 16;
/** More variants than this are shown by their first and last ones. */
const MAX_VARIANTS = 8;
/** Lines of text that a variant's bars take, when it is the only one. */
const SINGLE_HEIGHT = 4;

/** Latencies on a logarithmic axis, from one power of ten (of milliseconds) to another. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly columnsPerDecade: number;
}

/**
 * How the latencies of each variant are spread: a line of bars over one logarithmic axis. A bar's height is its
 * share of the variant's highest; whatever was seen at all shows. Empty when no variant has a histogram.
 */
export function renderDistribution(
  variants: readonly VariantResult[],
  width: number,
  style: Style,
): readonly string[] {
  const shown = select(variants).flatMap((variant) => {
    const encoded = variant.histograms['latency'];
    const counts = encoded === undefined ? [] : decodeLatencies(encoded);
    return counts.length === 0 ? [] : [{ name: nameOf(variant), counts }];
  });
  if (shown.length === 0) return [];
  const names = shown.map(({ name }) => name);
  const labels = cutLabels(names, width);
  const labelWidth = Math.max(...labels.map(displayWidth));
  const values = shown.flatMap(({ counts }) => counts);
  const axis = axisFor(values, width - labelWidth - 4);
  const height = shown.length === 1 ? SINGLE_HEIGHT : 1;
  const row = (label: string, text: string): string => `  ${padEnd(label, labelWidth)}  ${text}`;
  return [
    ...shown.flatMap(({ counts }, index) =>
      bars(counts, axis, height).map((line, at) => row(at === height - 1 ? (labels[index] ?? '') : '', line)),
    ),
    row('', style('quiet', ruler(axis))),
    row('', style('quiet', scale(axis))),
  ];
}

function select(variants: readonly VariantResult[]): readonly VariantResult[] {
  if (variants.length <= MAX_VARIANTS) return variants;
  return [...variants.slice(0, 1), ...variants.slice(1 - MAX_VARIANTS)];
}

function axisFor(counts: readonly LatencyCount[], width: number): Axis {
  const exponents = counts.map(({ ms }) => exponentOf(ms));
  const from = Math.floor(exponents.reduce((least, each) => Math.min(least, each), Infinity));
  const to = Math.floor(exponents.reduce((most, each) => Math.max(most, each), -Infinity)) + 1;
  const columnsPerDecade = Math.min(MAX_COLUMNS_PER_DECADE, Math.max(1, Math.floor(width / (to - from))));
  return { from, to, columnsPerDecade };
}

/** Power of ten of a latency; zero counts as one nanosecond, the finest that is recorded. */
const exponentOf = (ms: number): number => Math.log10(Math.max(ms, 1e-6));

function bars(counts: readonly LatencyCount[], axis: Axis, height: number): readonly string[] {
  const columns = Array.from({ length: (axis.to - axis.from) * axis.columnsPerDecade }, () => 0);
  for (const { ms, count } of counts) {
    const at = Math.floor((exponentOf(ms) - axis.from) * axis.columnsPerDecade);
    columns[at] = (columns[at] ?? 0) + count;
  }
  const highest = Math.max(...columns);
  const eighths = columns.map((count) => Math.ceil((count / highest) * BARS.length * height));
  return Array.from({ length: height }, (_, line) =>
    eighths.map((level) => glyph(level - (height - 1 - line) * BARS.length)).join(''),
  );
}

function glyph(level: number): string {
  if (level <= 0) return ' ';
  return BARS[Math.min(level, BARS.length) - 1] ?? ' ';
}

/** The line below the bars, with a mark at each power of ten. */
function ruler({ from, to, columnsPerDecade }: Axis): string {
  return Array.from({ length: to - from }, () => `┴${'─'.repeat(columnsPerDecade - 1)}`).join('');
}

/** The powers of ten, each below its mark; those that would touch are left out. */
function scale({ from, to, columnsPerDecade }: Axis): string {
  const end = Math.max((to - from) * columnsPerDecade, 8);
  let line = '';
  for (let exponent = from; exponent < to; exponent++) {
    const at = (exponent - from) * columnsPerDecade;
    const label = powerOfTen(exponent);
    const free = line === '' || displayWidth(line) + 2 <= at;
    if (free && at + displayWidth(label) <= end) line = padEnd(line, at) + label;
  }
  return line;
}

/** `10 µs`, `1 ms`: without the digits that a measured duration has. */
function powerOfTen(exponent: number): string {
  return formatDuration(10 ** exponent).replace(/(\d)\.0+ /, '$1 ');
}
