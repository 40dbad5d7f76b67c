import { formatDuration } from '../base/units.ts';
import type { Attribution, Spread } from '../results/run-result.ts';
import { type Column, renderGrid } from './grid.ts';
import { nameOf } from './names.ts';
import type { Style } from './style.ts';
import { counted, wrap } from './text.ts';

const FIGURES: readonly (readonly [metric: string, group: string])[] = [
  ['latency.p50', 'latency p50'],
  ['latency.p99', 'latency p99'],
  ['cpu.per_operation', 'CPU by operation'],
];

/** What each layer costs: its figure, and what it adds to that of the layer above it in the table, over the rounds. */
export function renderAttribution(
  { layers, rounds }: Attribution,
  width: number,
  style: Style,
): readonly string[] {
  const columns = FIGURES.flatMap(([metric, group]): readonly Column[] => {
    const added = (point: keyof Spread): readonly string[] =>
      layers.map((layer) => difference(layer.added[metric]?.[point]));
    return [
      { header: 'is', group, cells: layers.map(({ figures }) => figure(figures[metric]?.median)) },
      { header: 'adds', group, cells: added('median') },
      { header: 'lowest', group, cells: added('low') },
      { header: 'highest', group, cells: added('high') },
    ];
  });
  const note =
    `Medians of ${counted(rounds, 'round')}, and of the differences the lowest and the highest; each is between two runs of ` +
    'one round. CPU is that of this process, all its threads together, without the servers.';
  return [
    ...renderGrid({ header: 'layer', cells: layers.map(nameOf) }, columns, width, style),
    '',
    ...wrap(note, width),
  ];
}

function figure(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms);
}

function difference(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 0 ? `-${formatDuration(-ms)}` : `+${formatDuration(ms)}`;
}
