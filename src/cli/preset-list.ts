import { formatRatio, formatSize } from '../base/units.ts';
import { findPreset, PRESET_NAMES } from '../workload/presets.ts';
import type { Preset } from '../workload/presets/preset.ts';

/** A preset for people and scripts: tables are left out. */
export interface PresetSummary {
  readonly name: string;
  readonly source: string;
  /** Which keys are hot, as `zipfian 0.99`. */
  readonly keys: string;
  readonly keyBytes: number;
  /** Size of values, as `fixed 1.03 KiB`. */
  readonly values: string;
  /** Shares of the operations that there are, from 0 to 1. */
  readonly operations: Readonly<Record<string, number>>;
  readonly publishedMissRatio?: number;
  readonly assumptions: readonly string[];
}

export function describePresets(): readonly PresetSummary[] {
  return PRESET_NAMES.flatMap((name) => {
    const preset = findPreset(name);
    return preset === undefined ? [] : [summaryOf(preset)];
  });
}

function summaryOf({
  name,
  source,
  popularity,
  keyBytes,
  values,
  operations,
  ...rest
}: Preset): PresetSummary {
  const { publishedMissRatio, assumptions } = rest;
  return {
    name,
    source,
    keys: popularity.distribution === 'zipfian' ? `zipfian ${popularity.exponent}` : popularity.distribution,
    keyBytes,
    values: values.distribution === 'fixed' ? formatSize(values.bytes) : values.distribution,
    operations: Object.fromEntries(Object.entries(operations).filter(([, share]) => share > 0)),
    ...(publishedMissRatio !== undefined && { publishedMissRatio }),
    assumptions,
  };
}

/** A line for each preset, then what the publications leave open; those of all clusters once. */
export function presetLines(presets: readonly PresetSummary[]): string {
  const rows = presets.map((preset) => [
    preset.name,
    preset.keys,
    `keys ${preset.keyBytes} B`,
    `values ${preset.values}`,
    preset.publishedMissRatio === undefined ? 'misses –' : `misses ${formatRatio(preset.publishedMissRatio)}`,
    Object.entries(preset.operations)
      .map(([operation, share]) => `${operation} ${formatRatio(share)}`)
      .join(', '),
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const namesBy = (what: (preset: PresetSummary) => readonly string[]): readonly string[] => {
    const names = new Map<string, string[]>();
    for (const preset of presets)
      for (const text of what(preset)) names.set(text, [...(names.get(text) ?? []), preset.name]);
    return [...names].map(
      ([text, of]) => `  ${text}: ${of.length > 9 ? `${of.length} presets` : of.join(', ')}`,
    );
  };
  return `${[
    ...lines,
    '',
    'What was not published, and what stands for it:',
    ...namesBy(({ assumptions }) => assumptions),
    '',
    'Sources:',
    ...namesBy(({ source }) => [source]),
  ].join('\n')}\n`;
}
