import { setMaxListeners } from 'node:events';
import { systemClock } from '../base/clock.ts';
import { CachectlError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { EventMappings } from './application-events.ts';
import type { Cache } from './cache.ts';
import { jsonCodec } from './codec.ts';
import { DependencyGraph } from './dependencies.ts';
import { Emitter } from './emitter.ts';
import { EntryFormat } from './entry.ts';
import { Fence } from './fence.ts';
import { FillPath } from './fill-path.ts';
import { EntrySeal } from './integrity.ts';
import { Invalidations } from './invalidations.ts';
import { KeySpace } from './keys.ts';
import { LedgerView } from './ledger-view.ts';
import { LoadPath } from './load-path.ts';
import { Loads } from './loads.ts';
import { Near } from './near.ts';
import { NewEntries } from './new-entries.ts';
import { type CacheOptions, durationMs } from './options.ts';
import type { EngineParts } from './parts.ts';
import { Peers } from './peers.ts';
import { Router } from './policies.ts';
import { noPrefetch, type Prefetch, Prefetcher } from './prefetch.ts';
import { ReadPath } from './read-path.ts';
import { Recovery } from './recovery.ts';
import { Sampler } from './sampler.ts';
import { Successors } from './successors.ts';
import { TieredCache } from './tiered-cache.ts';
import { TierSlot } from './tier-slot.ts';
import { Values } from './values.ts';
import { wire, wireTiers } from './wiring.ts';
import { WritePath } from './write-path.ts';

const DEFAULT_LEASE_MS = 3000;
const DEFAULT_WAIT_MS = 10_000;

/**
 * Makes a cache over tiers, nearest first. The cache owns the tiers: closing it closes them.
 * @throws CachectlError `BAD_USAGE` or `BAD_CONFIG` when an option is wrong
 */
export function createCache(options: CacheOptions): Cache {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom();
  const signals = new Emitter(options.namespace);
  const keys = new KeySpace(options.namespace);
  const lease = {
    ttlMs: durationMs(options.lease?.ttl ?? DEFAULT_LEASE_MS, 'lease.ttl'),
    waitMs: durationMs(options.lease?.wait ?? DEFAULT_WAIT_MS, 'lease.wait'),
  };
  const tiers = wireTiers(options.tiers);
  const slots = tiers.map(
    ({ spec }) => new TierSlot(spec, keys.prefix, lease.ttlMs, clock, slotListener(signals, options)),
  );
  const router = new Router(slots, options.policies ?? {}, options.defaults);
  const peers = new Peers();
  const { channel, ledger, ledgerTrust } = wire(options, tiers, clock, peers);
  const view = new LedgerView(ledger, ledgerTrust, clock);
  const format = new EntryFormat(options.codec ?? jsonCodec, options.compressAboveBytes);
  const closing = new AbortController();
  // everybody who waits for another process' load listens
  setMaxListeners(0, closing.signal);
  const parts: EngineParts = {
    slots,
    format,
    integrity:
      options.integrity === undefined ? undefined : new EntrySeal(options.namespace, options.integrity),
    values: new Values(format, options.localValues ?? 'frozen'),
    keys,
    fence: new Fence(),
    near: new Near(slots, channel.trust, view, clock),
    ledger: view,
    channel,
    signals,
    lease,
    clock,
    random,
    closing: closing.signal,
    counts: { hits: 0, misses: 0, loads: 0, loadErrors: 0, stale: 0, fenced: 0, tampered: 0 },
  };
  const recovery = new Recovery(clock);
  const fills = new FillPath(parts);
  const reads = new ReadPath(parts, fills, recovery);
  const entries = new NewEntries(parts);
  const loads = new Loads(parts, reads, fills, entries);
  const path = new LoadPath(parts, reads, fills, loads);
  const invalidations = new Invalidations(parts, path, recovery);
  const writes = new WritePath(parts, fills, invalidations);
  peers.begin(parts, path);
  void channel.start().catch(() => {});
  const close = async (): Promise<void> => {
    const reason = new CachectlError('CLOSED', 'the cache was closed');
    closing.abort(reason);
    loads.close(reason);
    recovery.close();
    writes.close();
    await loads.settle();
    await fills.settle();
    await channel.close();
    await Promise.all(tiers.map(({ spec, backend }) => backend?.close() ?? spec.tier.close()));
  };
  const cache: TieredCache = new TieredCache({
    ...parts,
    namespace: options.namespace,
    invalidations,
    writes,
    loads: path,
    entries,
    router,
    prefetch: prefetchOf(options, parts, router, path),
    sampler: new Sampler(parts, options.sampleOneIn ?? 0),
    dependencies: new DependencyGraph(),
    events: new EventMappings(options.policies ?? {}, (what) => cache.invalidate(what)),
    underWay: () => ({
      reads: path.pending,
      loads: loads.pending,
      fills: fills.pending,
      writes: writes.pending,
      retries: recovery.pending,
      readers: parts.fence.readers,
    }),
    close,
  });
  return cache;
}

function slotListener(
  signals: Emitter,
  { onTierError }: Pick<CacheOptions, 'onTierError'>,
): ConstructorParameters<typeof TierSlot>[4] {
  return {
    onFailure: (failure) => {
      onTierError?.(failure);
      signals.emit('tierError', failure);
    },
    onBreaker: (tier, state) => signals.emit('breaker', { tier, state }),
  };
}

/** Nothing is asked for at each read where there is nothing to load ahead. */
function prefetchOf(
  { prefetch, policies = {} }: Pick<CacheOptions, 'prefetch' | 'policies'>,
  parts: EngineParts,
  router: Router,
  loads: LoadPath,
): Prefetch {
  const isLearned = prefetch === 'learned';
  if (!isLearned && Object.values(policies).every(({ followers }) => followers === undefined))
    return noPrefetch;
  return new Prefetcher(parts, router, loads, isLearned ? new Successors() : undefined);
}
