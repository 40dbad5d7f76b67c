import type { Style } from './style.ts';
import { displayWidth, marked, padEnd, wrap } from './text.ts';

const GAP = 2;
/** The mark and the space before and after it. */
const MARK = 4;
/** A first column that is narrower is hard to read: the cells then stand below each other. */
const MIN_FIRST = 22;
/** With more than that the other columns need not be kept narrow. */
const ENOUGH_FIRST = 44;

export interface RowColumn {
  readonly header: string;
  /** Widest that it gets where room is short; the first column takes what the others leave. */
  readonly most: number;
}

/**
 * Rows of text with a mark before each. The first column takes what the others leave; all are wrapped. In a narrow
 * terminal the other cells stand below the first, each after its header.
 */
export function renderRows(
  columns: readonly RowColumn[],
  rows: readonly (readonly string[])[],
  marks: readonly string[],
  width: number,
  style: Style,
): readonly string[] {
  const headers = columns.map(({ header }) => header);
  const whole = columns.map(({ header }, at) =>
    Math.max(...[header, ...rows.map((row) => row[at] ?? '')].map(displayWidth)),
  );
  const room = (others: readonly number[]): number =>
    width - MARK - others.reduce((sum, each) => sum + each + GAP, 0);
  const narrow = whole.map((each, at) => Math.min(each, columns[at]?.most ?? each)).slice(1);
  const others = room(whole.slice(1)) >= ENOUGH_FIRST ? whole.slice(1) : narrow;
  const left = room(others);
  if (left < MIN_FIRST)
    return rows.flatMap((row, at) => marked(marks[at] ?? ' ', stacked(headers, row, width - MARK)));
  const widths = [Math.min(left, whole[0] ?? left), ...others];
  return [
    `${' '.repeat(MARK)}${style('quiet', line(headers, widths))}`,
    ...rows.flatMap((row, at) => marked(marks[at] ?? ' ', beside(row, widths))),
  ];
}

function stacked(headers: readonly string[], row: readonly string[], width: number): readonly string[] {
  const [first = '', ...others] = row;
  const below = others.map((cell, at) => (at === 0 ? `${headers[at + 1] ?? ''} ${cell}` : cell));
  return [...wrap(first, width), ...wrap(below.join(', '), width)];
}

function beside(row: readonly string[], widths: readonly number[]): readonly string[] {
  const cells = row.map((cell, at) => wrap(cell, widths[at] ?? 1));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    line(
      cells.map((lines) => lines[at] ?? ''),
      widths,
    ),
  );
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, at) => padEnd(cell, widths[at] ?? 0))
    .join(' '.repeat(GAP))
    .trimEnd();
}
