import type { ServerDescription } from '../backend.ts';
import type { TierStats } from '../tier.ts';

export type StatMap = ReadonlyMap<string, string>;

/** Sums over the servers; a figure that one of them does not tell is absent. */
export function tierStats(servers: readonly StatMap[]): TierStats {
  return present({
    entries: sum(servers, 'curr_items'),
    usedBytes: sum(servers, 'bytes'),
    limitBytes: sum(servers, 'limit_maxbytes'),
    evictions: sum(servers, 'evictions'),
    // Those found expired by a read, by the crawler, and when their memory was wanted.
    expirations: sum(servers, 'get_expired', 'crawler_reclaimed', 'reclaimed'),
  });
}

/** Settings that decide how a memcached behaves as a cache. */
const TELLING_SETTINGS = [
  'maxbytes',
  'evictions',
  'item_size_max',
  'maxconns',
  'num_threads',
  'lru_crawler',
  'dump_enabled',
  'idle_timeout',
];

/** Where servers differ, all values are told, in their order. */
export function describeServers(stats: readonly StatMap[], settings: readonly StatMap[]): ServerDescription {
  const values = (maps: readonly StatMap[], name: string): string =>
    [...new Set(maps.map((map) => map.get(name) ?? ''))].join(', ');
  return {
    product: 'memcached',
    version: values(stats, 'version'),
    settings: {
      ...Object.fromEntries(
        TELLING_SETTINGS.map((name) => [name, values(settings, name)]).filter(([, value]) => value !== ''),
      ),
      ...(stats.length > 1 ? { servers: String(stats.length) } : {}),
    },
  };
}

function sum(servers: readonly StatMap[], ...names: readonly string[]): number | undefined {
  let total = 0;
  for (const stats of servers) {
    for (const name of names) total += Number(stats.get(name));
  }
  return Number.isNaN(total) ? undefined : total;
}

function present(stats: { [K in keyof TierStats]: number | undefined }): TierStats {
  return Object.fromEntries(Object.entries(stats).filter(([, value]) => value !== undefined));
}
