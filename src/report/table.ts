import type { RunResult } from '../results/run-result.ts';
import { renderAttribution } from './attribution.ts';
import { claimsTitle, concludeClaims, renderClaims } from './claims.ts';
import { comparisonColumns } from './comparison.ts';
import { renderDistribution } from './distribution.ts';
import { gatesTitle, renderGates } from './gates.ts';
import { renderGenerator } from './generator.ts';
import { renderGrid } from './grid.ts';
import { renderHeadline } from './headline.ts';
import { nameOf } from './names.ts';
import { renderErrors, renderOutcome, renderWarnings } from './notes.ts';
import type { Reporter } from './reporter.ts';
import { type Style, styleFor } from './style.ts';
import { toAscii, wrap } from './text.ts';
import { conclude } from './verdicts/registry.ts';

const MIN_WIDTH = 40;
/** Sentences in longer lines are hard to read. */
const PROSE_WIDTH = 100;
/** cli-table3 takes time that grows with the square of the rows. */
const MAX_ROWS = 200;

/** The report for people at a terminal. */
export const table: Reporter = ({ result, verdict, claims = [] }, options) => {
  const width = Math.max(MIN_WIDTH, Math.floor(options.width));
  const style = styleFor(options.color);
  const prose = Math.min(width, PROSE_WIDTH);
  const { attribution } = result;
  const sentences =
    attribution === undefined ? [...concludeClaims(claims), ...conclude({ result, verdict })] : [];
  const sections: readonly (readonly string[])[] = [
    renderHeadline(result, width, style),
    renderOutcome(result, prose, style),
    ...(attribution === undefined
      ? [
          renderVariants(result, width, style),
          section(claimsTitle(claims), renderClaims(claims, width, style), style),
          section('Latency (logarithmic axis)', renderDistribution(result.variants, width, style), style),
        ]
      : [renderAttribution(attribution, width, style)]),
    renderGenerator(result, prose, style),
    section('Warnings', renderWarnings(result, prose, style), style),
    section('Errors', renderErrors(result, prose, style), style),
    section(gatesTitle(verdict), verdict.gates.length === 0 ? [] : renderGates(verdict, width, style), style),
    wrap(sentences.join(' '), prose),
  ];
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n');
  return `${options.unicode === false ? toAscii(text) : text}\n`;
};

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : [style('strong', title), ...lines];
}

function renderVariants(result: RunResult, width: number, style: Style): readonly string[] {
  const shown = result.variants.slice(-MAX_ROWS);
  if (shown.length === 0) return [];
  const grid = renderGrid(
    { header: 'variant', cells: shown.map(nameOf) },
    comparisonColumns(shown, style),
    width,
    style,
  );
  const left = result.variants.length - shown.length;
  return left === 0 ? grid : [...grid, ...wrap(`The first ${left} variants are only in the JSON.`, width)];
}
