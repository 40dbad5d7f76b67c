import { formatRatio } from '../base/units.ts';
import type { GateResult, Verdict } from '../gate/verdict.ts';
import { findMetric } from '../metrics/catalog.ts';
import { formatMetric } from './metric-text.ts';
import type { Style } from './style.ts';
import { clean, displayWidth, marked, padEnd, wrap } from './text.ts';

/** `Gates: 2 of 3 passed`. */
export function gatesTitle({ gates }: Verdict): string {
  const passed = gates.filter((gate) => gate.passed).length;
  return `Gates: ${passed} of ${gates.length} passed`;
}

interface Row {
  readonly passed: boolean;
  readonly gate: string;
  readonly actual: string;
  readonly remark: string;
}

/** A line for each gate, passed or failed, with what was measured and how far that is from the limit. */
export function renderGates({ gates }: Verdict, width: number, style: Style): readonly string[] {
  const rows = gates.map(rowOf);
  const widest = (part: 'gate' | 'actual'): number => Math.max(...rows.map((row) => displayWidth(row[part])));
  const gateWidth = widest('gate');
  const actualWidth = widest('actual');
  const lines = rows.map(
    (row) => `${padEnd(row.gate, gateWidth)}  ${padEnd(row.actual, actualWidth)}  ${row.remark}`,
  );
  const fits = lines.every((line) => displayWidth(line) + 4 <= width);
  return rows.flatMap((row, index) => {
    const mark = row.passed ? style('good', '✓') : style('bad', '✗');
    return marked(mark, fits ? [lines[index] ?? ''] : stacked(row, width - 4));
  });
}

function stacked(row: Row, width: number): readonly string[] {
  const measured = row.actual === '–' ? '' : `${row.actual}, `;
  return [...wrap(row.gate, width), ...wrap(`${measured}${row.remark}`, width)];
}

function rowOf(gate: GateResult): Row {
  return {
    passed: gate.passed,
    gate: clean(gate.expression),
    actual: formatMetric(gate.metric, gate.actual),
    remark: clean(gate.passed ? distance(gate) : `${gate.reason ?? distance(gate)} (${gate.origin})`),
  };
}

/** How far the figure is from the limit, in words that need no sign: `24.0 % below the limit`. */
function distance({ metric, actual, limit }: GateResult): string {
  if (actual === undefined) return 'not measured';
  if (actual === limit) return 'at the limit';
  const side = actual < limit ? 'below' : 'above';
  const apart = Math.abs(actual - limit);
  if (findMetric(metric)?.unit === 'ratio') return `${points(apart)} points ${side} the limit`;
  if (limit === 0) return `${side} the limit`;
  return apart < limit * 10
    ? `${formatRatio(apart / limit)} ${side} the limit`
    : `${(actual / limit).toFixed(0)} times the limit`;
}

/** A difference of percentages. */
const points = (ratio: number): string => (ratio * 100).toFixed(ratio < 0.001 ? 2 : 1);
