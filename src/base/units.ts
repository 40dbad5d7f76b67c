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
  t: 1024 ** 4,
  tb: 1000 ** 4,
  tib: 1024 ** 4,
};

/** Seconds in each unit of time that a rate can be per. */
const RATE_UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3600 };

const factorOf = (units: Readonly<Record<string, number>>, unit: string): number | undefined =>
  Object.hasOwn(units, unit) ? units[unit] : undefined;

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** Parses `250ms`, `1.5s`, `1h30m`, `15 min` to milliseconds; undefined when it is no duration. A unit is required. */
export function parseDuration(text: string): number | undefined {
  const written = text.replaceAll('_', '').trim();
  if (!/^(\d+(\.\d+)?\s*(ns|us|µs|μs|ms|min|s|m|h|d)\s*)+$/.test(written)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of written.matchAll(/(\d+(?:\.\d+)?)\s*([a-zµμ]+)/g)) {
    total += Number(amount) * (DURATION_UNITS[unit] ?? Number.NaN);
  }
  return finite(total);
}

/** Parses `512`, `64KiB`, `1.5 MB`, `2g` to bytes; undefined when it is no size. A bare number is bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.replace(/_/g, '').trim());
  if (match === null) return undefined;
  const [, amount = '', unit = ''] = match;
  const factor = unit === '' ? 1 : factorOf(SIZE_UNITS, unit.toLowerCase());
  return factor === undefined ? undefined : finite(Math.round(Number(amount) * factor));
}

/** Parses `2000/s`, `120k/min`, `500` (per second) to operations per second; undefined when it is no rate. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kM]?)\s*(?:\/\s*([a-z]+))?$/.exec(text.replace(/_/g, '').trim());
  if (match === null) return undefined;
  const [, amount = '', prefix = '', per = 's'] = match;
  const seconds = factorOf(RATE_UNITS, per);
  if (seconds === undefined) return undefined;
  return finite((Number(amount) * (prefix === 'k' ? 1e3 : prefix === 'M' ? 1e6 : 1)) / seconds);
}

/** Parses `95%` or `0.95` to a fraction; undefined when it is neither. Values over 1 need the percent sign. */
export function parseRatio(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  if (match === null) return undefined;
  // A decimal shift and not a division: 99.9 / 100 is 0.9990000000000001, which 999 of 1000 would miss.
  if (match[2] === '%') return finite(Number(`${match[1]}e-2`));
  const value = Number(match[1]);
  return value <= 1 ? value : undefined;
}

/** How values are written in a unit, until the text would be that large: then the next unit reads better. */
interface Scale {
  readonly unit: string;
  readonly size: number;
  readonly until: number;
  readonly write: (value: number) => string;
}

/** Three digits; more only before the decimal point. The bounds are those of rounding: 9.996 is `10.0`. */
function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

const whole = (value: number): string => (value < 1 ? threeDigits(value) : value.toFixed(0));

const DURATION_SCALES: readonly Scale[] = [
  { unit: ' ns', size: 1e-6, until: 1000, write: whole },
  { unit: ' µs', size: 1e-3, until: 1000, write: threeDigits },
  { unit: ' ms', size: 1, until: 1000, write: threeDigits },
  { unit: ' s', size: 1000, until: 120, write: threeDigits },
  { unit: ' min', size: 60_000, until: 120, write: threeDigits },
  { unit: ' h', size: 3_600_000, until: Infinity, write: threeDigits },
];

const SIZE_SCALES: readonly Scale[] = [
  { unit: ' B', size: 1, until: 1024, write: (bytes) => bytes.toFixed(0) },
  { unit: ' KiB', size: 1024, until: 1024, write: threeDigits },
  { unit: ' MiB', size: 1024 ** 2, until: 1024, write: threeDigits },
  { unit: ' GiB', size: 1024 ** 3, until: 1024, write: threeDigits },
  { unit: ' TiB', size: 1024 ** 4, until: Infinity, write: threeDigits },
];

const COUNT_SCALES: readonly Scale[] = [
  {
    unit: '',
    size: 1,
    until: 10_000,
    write: (count) => (Number.isInteger(count) ? String(count) : threeDigits(count)),
  },
  { unit: ' k', size: 1e3, until: 1000, write: threeDigits },
  { unit: ' M', size: 1e6, until: Infinity, write: threeDigits },
];

function inBestUnit(value: number, scales: readonly Scale[]): string {
  if (!Number.isFinite(value)) return '–';
  if (value < 0) return `-${inBestUnit(-value, scales)}`;
  for (const { unit, size, until, write } of scales) {
    const text = write(value / size);
    if (Number(text) < until) return text + unit;
  }
  return '–';
}

/** `417 ns`, `38.2 µs`, `1.20 ms`, `2.50 s`: three digits, the unit that reads best. */
export function formatDuration(ms: number): string {
  return ms === 0 ? '0' : inBestUnit(ms, DURATION_SCALES);
}

/** `512 B`, `1.50 KiB`, `64.0 MiB`. */
export function formatSize(bytes: number): string {
  return inBestUnit(bytes, SIZE_SCALES);
}

/** `12.3 k`, `4.56 M`: a count in three digits; integers below 10,000 whole, as `789`. */
export function formatCount(count: number): string {
  return inBestUnit(count, COUNT_SCALES);
}

/** `12.3 k/s`, `412/s`: a rate per second in three digits. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–';
  return `${formatCount(perSecond >= 1000 ? Math.round(perSecond) : perSecond)}/s`;
}

/** `97.3 %`; the last digits stay visible near 100 %, where they matter (`99.97 %`). Only 1 is written `100 %`, only 0 is `0 %`. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return '–';
  if (ratio < 0) return `-${formatRatio(-ratio)}`;
  const percent = ratio * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.005) return '<0.01 %';
  if (percent > 99.995 && percent < 100) return '>99.99 %';
  return `${percent.toFixed(percent < 1 || percent > 99 ? 2 : 1)} %`;
}
