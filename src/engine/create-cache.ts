import { systemClock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import type { Tier } from '../backends/tier.ts';
import type { Cache } from './cache.ts';
import { jsonCodec } from './codec.ts';
import { EntryFormat } from './entry.ts';
import { Fence } from './fence.ts';
import { KeySpace } from './keys.ts';
import { LoadPath } from './load-path.ts';
import type { CacheOptions, TierSpec } from './options.ts';
import { Router } from './policies.ts';
import { ReadPath } from './read-path.ts';
import { TieredCache } from './tiered-cache.ts';
import { TierSlot } from './tier-slot.ts';
import { Values } from './values.ts';
import { WritePath } from './write-path.ts';

/**
 * Makes a cache over tiers, nearest first. The cache owns the tiers: closing it closes them.
 * @throws CachectlError `BAD_USAGE` or `BAD_CONFIG` when an option is wrong
 */
export function createCache(options: CacheOptions): Cache {
  const clock = options.clock ?? systemClock;
  const slots = options.tiers.map(
    (given) => new TierSlot(asSpec(given), clock, options.onTierError ?? (() => {})),
  );
  const names = slots.map((slot) => slot.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new CachectlError('BAD_USAGE', `two tiers are named '${twice}'`);
  const parts = {
    slots,
    format: new EntryFormat(options.codec ?? jsonCodec, options.compressAboveBytes),
    keys: new KeySpace(options.namespace),
    fence: new Fence(),
  };
  const values = new Values(parts.format, options.localValues ?? 'frozen');
  const writes = new WritePath(parts);
  const reads = new ReadPath(parts, values, writes);
  return new TieredCache({
    ...parts,
    namespace: options.namespace,
    values,
    writes,
    reads,
    loads: new LoadPath(parts, values, reads, writes),
    router: new Router(slots, options.policies ?? {}),
  });
}

function asSpec(given: Tier | TierSpec): TierSpec {
  return 'tier' in given ? given : { tier: given };
}
