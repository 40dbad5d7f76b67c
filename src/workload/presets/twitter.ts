import { parseDuration } from '../../base/units.ts';
import type { Ttls } from '../ttls.ts';
import { TWITTER_CSV } from './data/twitter.ts';
import { mixOf } from './operation-names.ts';
import type { Preset, PresetPopularity } from './preset.ts';

const SOURCE = 'Yang, Yue, Rashmi, OSDI 2020; twitter/cache-trace, CC BY 4.0';

/** A cluster of the table; what is undefined was not given. */
export interface TwitterCluster {
  readonly name: string;
  readonly missRatio: number | undefined;
  /** Means, in bytes. */
  readonly keyBytes: number | undefined;
  readonly valueBytes: number | undefined;
  /** The most common times to live by the text of each, with their shares; the rest of 1 is not told. */
  readonly ttls: readonly (readonly [ttl: string, share: number])[];
  readonly operations: readonly (readonly [name: string, share: number])[];
  readonly zipf: number | undefined;
}

/** The table, row by row. */
export function twitterClusters(): readonly TwitterCluster[] {
  const [header = '', ...rows] = TWITTER_CSV.trim().split('\n');
  const names = header.split(',');
  return rows.map((row) => {
    // A list in quotation marks is one field.
    const fields = (row.match(/("[^"]*"|[^,]*)(,|$)/g) ?? []).map((field) => field.replace(/,$/, ''));
    const text = (name: string): string => fields[names.indexOf(name)] ?? '';
    const number = (name: string): number | undefined => (text(name) === '' ? undefined : Number(text(name)));
    return {
      name: text('cluster'),
      missRatio: number('production_miss_ratio'),
      keyBytes: number('key_bytes'),
      valueBytes: number('value_bytes'),
      ttls: sharesIn(text('common_ttls')),
      operations: sharesIn(text('operations')),
      zipf: number('zipf_alpha'),
    };
  });
}

function sharesIn(text: string): readonly (readonly [name: string, share: number])[] {
  return [...text.matchAll(/([\w.]+):([\d.]+)/g)].map(([, name = '', share]) => [name, Number(share)]);
}

/** All clusters as presets. What a row does not give is the median of those that do, and said. */
export function twitterPresets(): readonly Preset[] {
  const clusters = twitterClusters();
  const exponent = medianOf(clusters.map(({ zipf }) => (zipf === 0 ? undefined : zipf)));
  const usual = {
    keyBytes: medianOf(clusters.map(({ keyBytes }) => keyBytes)),
    valueBytes: medianOf(clusters.map(({ valueBytes }) => valueBytes)),
    exponent,
  };
  return clusters.map((cluster) => presetOf(cluster, usual));
}

interface Usual {
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly exponent: number;
}

function presetOf(cluster: TwitterCluster, usual: Usual): Preset {
  const { keyBytes, valueBytes, operations, ttls, missRatio } = cluster;
  const missing = (what: string, given: unknown, instead: string): readonly string[] =>
    given === undefined || (Array.isArray(given) && given.length === 0)
      ? [`${what} is not given: ${instead}`]
      : [];
  return {
    name: `twitter/${cluster.name}`,
    source: SOURCE,
    popularity: popularityOf(cluster.zipf, usual.exponent),
    keyBytes: keyBytes ?? usual.keyBytes,
    values: { distribution: 'fixed', bytes: valueBytes ?? usual.valueBytes, compressibility: 0 },
    ttl: ttlOf(ttls),
    operations: mixOf(operations.length === 0 ? [['get', 1]] : operations),
    ...(missRatio !== undefined && { publishedMissRatio: missRatio }),
    assumptions: [
      'of sizes only means are given: all keys and all values are as long as the mean',
      ...(cluster.zipf === 0 ? ['the Zipf exponent is given as 0: all keys are equally popular'] : []),
      ...missing('the Zipf exponent', cluster.zipf, `${usual.exponent}, the median of the clusters`),
      ...missing('the size of keys', keyBytes, `${usual.keyBytes} B, the median of the clusters`),
      ...missing('the size of values', valueBytes, `${usual.valueBytes} B, the median of the clusters`),
      ...missing('the mix of operations', operations, 'reads alone'),
      ...missing('the time to live', ttls, 'as the tiers say'),
    ],
  };
}

function popularityOf(zipf: number | undefined, usual: number): PresetPopularity {
  return zipf === 0 ? { distribution: 'uniform' } : { distribution: 'zipfian', exponent: zipf ?? usual };
}

function ttlOf(ttls: TwitterCluster['ttls']): Ttls {
  const ttlsMs = ttls.map(([ttl]) => parseDuration(ttl) ?? Number.NaN);
  const [only, second] = ttlsMs;
  if (only === undefined) return { distribution: 'none' };
  if (second === undefined) return { distribution: 'fixed', ttlMs: only };
  return { distribution: 'table', ttlsMs, weights: ttls.map(([, share]) => share) };
}

/** The one in the middle of those that are given; the lower one of two, so that it is one of them. */
function medianOf(numbers: readonly (number | undefined)[]): number {
  const sorted = numbers.filter((one) => one !== undefined).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
