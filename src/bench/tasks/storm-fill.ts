import { machineMs } from '../../base/clock.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import { workOf } from '../../config/kinds/registry.ts';
import type { Cache, SetEntry } from '../../engine/index.ts';
import { keyNamer } from '../../workload/key-names.ts';
import type { Application, Task } from '../instances/application.ts';

export interface StormFillParams {
  /** When the keys expire whose lifetime no jitter has shortened, on the clock that all processes share. */
  readonly expireAtMs: number;
  /** The share of the keys that is stored, from 0 to 1: a part of them tells how long all will take. */
  readonly part: number;
}

export interface StormFillResult {
  readonly keys: number;
  /** What storing them took, in milliseconds. */
  readonly tookMs: number;
  /** Entries that shared tiers dropped to make room meanwhile, by tier name: of the server, not of this instance alone. */
  readonly evictions: Readonly<Record<string, number>>;
}

/**
 * Stores the instance's part of all keys so that they expire as if all had been set at one moment, `ttl` before
 * `expireAtMs`: storing them takes a while, so each gets the time that is left, less the jitter of the lifetime.
 */
export const stormFillTask: Task<StormFillParams, StormFillResult> = {
  name: 'storm-fill',
  run: async (application, { expireAtMs, part }) => {
    const { spec, bed, subject, signal } = application;
    const { ttlMs, batch, concurrency } = workOf(spec.scenario, 'ttl-storm');
    const { engine } = spec.variant;
    const random = seededRandom(spec.scenario.seed).fork(`jitter of ${spec.share.index}`);
    const shared = spec.variant.tiers.filter((tier) => tier !== 'l1');
    // a cache of its own, which adds no jitter to ours and leaves the memory of the one that reads empty
    const filling = { ...spec.variant, tiers: shared, engine: { ...engine, jitter: 0 } };
    const system = await bed.openSystem(filling, ({ error }) => subject.tierErrors.add(error));
    try {
      const before = await evictionsOf(system.cache);
      const keys = keysOf(application, part);
      const beganMs = machineMs();
      let next = keys.from;
      const worker = async (): Promise<void> => {
        while (next < keys.to && !signal.aborted) {
          const from = next;
          next = Math.min(keys.to, from + batch);
          const leftMs = expireAtMs - machineMs();
          await system.cache.setMany(entries(application, from, next, () => leftMs - early(random)));
        }
      };
      const early = (source: Random): number => ttlMs * engine.jitter * source.next();
      await Promise.all(Array.from({ length: concurrency }, worker));
      const tookMs = machineMs() - beganMs;
      const after = await evictionsOf(system.cache);
      const evictions = Object.fromEntries(
        Object.entries(after).map(([tier, count]) => [tier, count - (before[tier] ?? 0)]),
      );
      return { keys: next - keys.from, tookMs, evictions };
    } finally {
      await system.close();
    }
  },
};

function entries(
  { subject, spec }: Application,
  from: number,
  to: number,
  ttlMs: () => number,
): readonly SetEntry[] {
  const nameOf = keyNamer(spec.scenario.keyspace.keyBytes);
  return Array.from({ length: to - from }, (_, i) => ({
    key: nameOf(from + i),
    value: subject.values.make(from + i, 1),
    ttl: Math.max(1, ttlMs()),
  }));
}

function keysOf(
  { spec: { scenario, share } }: Application,
  part: number,
): { readonly from: number; readonly to: number } {
  const place = (index: number): number => Math.floor((scenario.keyspace.keys * index) / share.count);
  const from = place(share.index);
  return { from, to: from + Math.ceil((place(share.index + 1) - from) * part) };
}

async function evictionsOf(cache: Cache): Promise<Record<string, number>> {
  const stats = Object.entries(await cache.tierStats());
  return Object.fromEntries(stats.map(([tier, { evictions = 0 }]) => [tier, evictions]));
}
