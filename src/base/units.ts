/** Milliseconds in each duration unit that can be written. */
const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};

const RATE_UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 1 / 60, min: 1 / 60, h: 1 / 3600 };

/** Parses `250ms`, `1.5s`, `1h30m`, `15 min` to milliseconds; undefined when it is no duration. A unit is required. */
export function parseDuration(text: string): number | undefined {
  const compact = text.replace(/[\s_]/g, '');
  if (!/^(\d+(\.\d+)?(ns|us|µs|μs|ms|min|s|m|h|d))+$/.test(compact)) return undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of compact.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|min|s|m|h|d)/g)) {
    total += Number(amount) * (DURATION_UNITS[unit] ?? Number.NaN);
  }
  return total;
}

/** Parses `512`, `64KiB`, `1.5 MB`, `2g` to bytes; undefined when it is no size. A bare number is bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.replace(/_/g, '').trim());
  if (match === null) return undefined;
  const [, amount = '', unit = ''] = match;
  const factor = unit === '' ? 1 : SIZE_UNITS[unit.toLowerCase()];
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** Parses `2000/s`, `120k/min`, `500` (per second) to operations per second; undefined when it is no rate. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kM]?)\s*(?:\/\s*([a-z]+))?$/.exec(text.replace(/_/g, '').trim());
  if (match === null) return undefined;
  const [, amount = '', prefix = '', per = 's'] = match;
  const perSecond = RATE_UNITS[per];
  if (perSecond === undefined) return undefined;
  return Number(amount) * (prefix === 'k' ? 1e3 : prefix === 'M' ? 1e6 : 1) * perSecond;
}

/** Parses `95%` or `0.95` to a fraction; undefined when it is neither. Values over 1 need the percent sign. */
export function parseRatio(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  if (match === null) return undefined;
  // A decimal shift and not a division: 99.9 / 100 is 0.9990000000000001, which 999 of 1000 would miss.
  if (match[2] === '%') return Number(`${match[1]}e-2`);
  const value = Number(match[1]);
  return value <= 1 ? value : undefined;
}

/** Rounds to three digits, so that the choice of the unit sees what will be printed. */
const rounded = (value: number): number => Number(value.toPrecision(3));

const threeDigits = (value: number): string => {
  const shown = rounded(value);
  return shown.toFixed(shown >= 100 ? 0 : shown >= 10 ? 1 : 2);
};

/** `417 ns`, `38.2 µs`, `1.20 ms`, `2.50 s`: three digits, the unit that reads best. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms === 0) return '0';
  if (rounded(ms) < 0.001) return `${(ms * 1e6).toFixed(0)} ns`;
  if (rounded(ms) < 1) return `${threeDigits(ms * 1000)} µs`;
  if (rounded(ms) < 1000) return `${threeDigits(ms)} ms`;
  if (ms < 120_000) return `${threeDigits(ms / 1000)} s`;
  return ms < 7_200_000 ? `${threeDigits(ms / 60_000)} min` : `${threeDigits(ms / 3_600_000)} h`;
}

/** `512 B`, `1.50 KiB`, `64.0 MiB`. */
export function formatSize(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${Math.round(value)} B` : `${threeDigits(value)} ${units[unit]}`;
}

/** `12.3 k`, `4.56 M`, `789`: a count in three digits. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '–';
  if (rounded(count) >= 1e6) return `${threeDigits(count / 1e6)} M`;
  if (count >= 1e4) return `${threeDigits(count / 1e3)} k`;
  return Number.isInteger(count) ? String(count) : threeDigits(count);
}

/** `12.3 k/s`, `412/s`: a rate per second in three digits. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  return `${formatCount(perSecond >= 1000 ? Math.round(perSecond) : perSecond)}/s`;
}

/**
 * `97.3 %`; the last digits stay visible near 0 and 100 %, where they matter (`99.97 %`), and only an exact
 * 0 or 1 is printed as `0 %` or `100 %`.
 */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  const percent = ratio * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  const shown = percent.toFixed(percent > 99 || percent < 1 ? 2 : 1);
  if (shown === '100.00') return '>99.99 %';
  if (shown === '0.00') return '<0.01 %';
  return `${shown} %`;
}
