type Units = readonly (readonly [unit: string, factor: number])[];

const DURATIONS: Units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const SIZES: Units = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
];

/** Milliseconds as a file says them, exactly: `15m`, `90s`, `2.5ms`. */
export function writeDuration(ms: number): string {
  return write(ms, DURATIONS, 'ms');
}

/** Bytes as a file says them, exactly: `64MiB`, `1000B`. */
export function writeSize(bytes: number): string {
  return write(bytes, SIZES, 'B');
}

function write(value: number, units: Units, smallest: string): string {
  const [unit, factor] = units.find(([, size]) => value > 0 && value % size === 0) ?? [smallest, 1];
  return `${value / factor}${unit}`;
}
