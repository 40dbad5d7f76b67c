import Table from 'cli-table3';
import type { Style } from './style.ts';
import { displayWidth, padEnd, truncate } from './text.ts';

/** A column of figures: one cell for each row. */
export interface Column {
  readonly header: string;
  /** Columns with the same group stand together under its name. */
  readonly group?: string | undefined;
  readonly cells: readonly string[];
}

const GAP = 2;
const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  mid: '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  left: ' ',
  middle: ' ',
  right: '',
} as const;

/**
 * Lines of a table with a row for each label, which is a name on the left. A table that is wider than `width` is cut between columns, at the
 * edge of a group where that is possible, and its parts stand one below the other: no row is ever wrapped.
 */
export function renderGrid(
  names: Column,
  columns: readonly Column[],
  width: number,
  style: Style,
): readonly string[] {
  const labels = cutLabels(names.cells, width);
  const labelWidth = Math.max(...[names.header, ...labels].map(displayWidth));
  const blocks = flow(columns, width - GAP - labelWidth);
  return blocks.flatMap((block, index) => {
    const above = [...(hasGroups(block) ? [''] : []), style('quiet', names.header)];
    const [left, right] = [[...above, ...labels], renderFigures(block, style)];
    const lines = right.map((line, row) => `  ${padEnd(left[row] ?? '', labelWidth)}${line}`);
    const rule = `  ${style('quiet', '─'.repeat(labelWidth + blockWidth(block)))}`;
    return (index === 0 ? [] : ['']).concat(lines.toSpliced(above.length, 0, rule));
  });
}

/** Labels, cut to what leaves room for figures beside them. */
export function cutLabels(labels: readonly string[], width: number): readonly string[] {
  return labels.map((label) => truncate(label, Math.min(24, Math.floor(width / 3))));
}

function flow(columns: readonly Column[], width: number): readonly (readonly Column[])[] {
  const blocks: Column[][] = [];
  const place = (added: readonly Column[]): boolean => {
    const current = blocks.at(-1);
    if (current !== undefined && blockWidth([...current, ...added]) <= width) current.push(...added);
    else if (blockWidth(added) <= width || added.length === 1) blocks.push([...added]);
    else return false;
    return true;
  };
  for (const group of groupsOf(columns)) {
    if (!place(group)) for (const column of group) place([column]);
  }
  return blocks;
}

/** Runs of columns of one group; a column without one stands for itself. */
function groupsOf(columns: readonly Column[]): readonly (readonly Column[])[] {
  const groups: Column[][] = [];
  for (const column of columns) {
    const last = groups.at(-1);
    if (column.group !== undefined && last?.[0]?.group === column.group) last.push(column);
    else groups.push([column]);
  }
  return groups;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const span = (widths: readonly number[]): number => sum(widths) + GAP * (widths.length - 1);

/** Widths of a group's columns: what their cells need, and together what the group's name needs. */
function widthsOf(group: readonly Column[]): readonly number[] {
  const widths = group.map(({ header, cells }) => Math.max(...[header, ...cells].map(displayWidth)));
  const missing = displayWidth(group[0]?.group ?? '') - span(widths);
  return widths.map((each, index) => (index === widths.length - 1 ? each + Math.max(0, missing) : each));
}

const blockWidth = (columns: readonly Column[]): number =>
  sum(groupsOf(columns).map((group) => GAP + span(widthsOf(group))));

const hasGroups = (columns: readonly Column[]): boolean =>
  columns.some((column) => column.group !== undefined);

/**
 * The lines right of the labels. The labels are kept from cli-table3, because they are text of others: it takes
 * some characters for narrower than `displayWidth` does, and would fill up what is full.
 */
function renderFigures(columns: readonly Column[], style: Style): readonly string[] {
  const groups = groupsOf(columns);
  const widths = groups.flatMap(widthsOf);
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 0 },
    colWidths: widths.map((each) => each + 1),
    colAligns: widths.map(() => 'right'),
  });
  if (hasGroups(columns)) table.push(groups.map((group) => groupCell(group, style)));
  table.push(columns.map((column) => style('quiet', column.header)));
  columns[0]?.cells.forEach((_, row) => table.push(columns.map((column) => column.cells[row] ?? '')));
  return table.toString().split('\n');
}

/** The group's name in the middle of a line over its columns. */
function groupCell(group: readonly Column[], style: Style): Table.Cell {
  const name = group[0]?.group;
  if (name === undefined) return '';
  const room = span(widthsOf(group)) - displayWidth(name) - 2;
  const left = '─'.repeat(Math.max(0, Math.floor(room / 2)));
  const right = '─'.repeat(Math.max(0, Math.ceil(room / 2)));
  const content = style('quiet', [left, name, right].filter((part) => part !== '').join(' '));
  return { content, colSpan: group.length, hAlign: 'right' };
}
