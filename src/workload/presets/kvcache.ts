import { KVCACHE_CONFIG, KVCACHE_POPULARITY, KVCACHE_SIZES } from './data/kvcache.ts';
import { mixOf } from './operation-names.ts';
import type { Preset } from './preset.ts';

/**
 * Meta's kvcache workload. Keys that are asked for once ("lone gets") are no group of the published popularity, but a
 * share of the gets beside it: they are added as a last group of as many keys as there were lone gets.
 */
export function kvcachePreset(): Preset {
  const popularity = pairsIn(KVCACHE_POPULARITY);
  const sizes = pairsIn(KVCACHE_SIZES);
  const { keySizeRange, getRatio, loneGetRatio } = KVCACHE_CONFIG;
  const gets = popularity.reduce((sum, [, weight]) => sum + weight, 0);
  const loneGets = Math.round((gets * loneGetRatio) / getRatio);
  const groups = [...popularity, [loneGets, loneGets] as const];
  return {
    name: 'meta/kvcache',
    source: 'CacheBench of facebook/CacheLib, Apache-2.0',
    popularity: {
      distribution: 'popularity',
      table: { groups: groups.map(([keys]) => keys), weights: groups.map(([, weight]) => weight) },
    },
    keyBytes: Math.round((keySizeRange[0] + keySizeRange[1]) / 2),
    values: {
      distribution: 'table',
      table: { sizes: sizes.map(([bytes]) => bytes), weights: sizes.map(([, weight]) => weight) },
      compressibility: 0,
    },
    ttl: { distribution: 'none' },
    operations: mixOf([['get', 1]]),
    assumptions: [
      `all keys are as long as the mean of ${keySizeRange.join(' to ')} bytes`,
      'keys that are asked for once are a group of as many keys as there were such gets',
      'the time to live is not given: as the tiers say',
    ],
  };
}

function pairsIn(text: string): readonly (readonly [number, number])[] {
  return text
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const [first = '', second = ''] = pair.split(':');
      return [Number(first), Number(second)];
    });
}
