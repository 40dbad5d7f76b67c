import { CachectlError } from '../base/errors.ts';
import { formatSize } from '../base/units.ts';
import type { Scenario, TierName } from '../config/scenario.ts';
import type { Target } from '../testbed/target.ts';
import { meanValueBytes } from '../workload/value-sizes.ts';
import { withRoom } from './room.ts';

/** What keeping an entry costs besides key and value, about, in any of the tiers: the L1's own estimate. */
const ENTRY_OVERHEAD_BYTES = 192;

/** Memory that some part of a run takes when it is full, in bytes. */
export interface MemoryNeed {
  readonly what: string;
  readonly bytes: number;
}

export interface Machine {
  readonly totalBytes: number;
  /** What an instance takes before it has any entry; that of this process, which is like one. */
  readonly processBytes: number;
}

/**
 * What the variant that needs most takes on this machine: each in-process tier as much as it is let or its entries are,
 * private servers likewise; servers elsewhere nothing. The database keeps its data on disk.
 *
 * @param contentBytes of all keys and values; by default that of the key space
 */
export function memoryNeeds(
  scenario: Scenario,
  target: Target,
  machine: Machine,
  contentBytes: number = scenario.keyspace.keys *
    (meanValueBytes(scenario.values) + scenario.keyspace.keyBytes),
): readonly MemoryNeed[] {
  const candidates = scenario.variants.map(({ tiers, room, maxMemoryBytes }) => {
    const needs: Partial<Record<TierName, MemoryNeed>> = tierNeeds(
      withRoom(scenario, room),
      target,
      contentBytes,
    );
    const own = maxMemoryBytes === undefined ? [] : [{ what: 'a server of its own', bytes: maxMemoryBytes }];
    return [processNeed(scenario, machine), ...tiers.flatMap((tier) => needs[tier] ?? []), ...own];
  });
  return candidates.reduce((most, needs) => (sum(needs) > sum(most) ? needs : most), []);
}

/** @throws CachectlError `BAD_SCENARIO` with the figures, when the machine does not have so much */
export function requireMemory(needs: readonly MemoryNeed[], { totalBytes }: Machine, file: string): void {
  if (sum(needs) <= totalBytes) return;
  const parts = needs.map(({ what, bytes }) => `${what} ${formatSize(bytes)}`).join(', ');
  throw new CachectlError(
    'BAD_SCENARIO',
    `${file}: it takes ${formatSize(sum(needs))} of memory (${parts}), and this machine has ${formatSize(totalBytes)}`,
    {
      hint: 'lower max_memory or max_size of the tiers, the instances, or the keys; or give it servers elsewhere',
    },
  );
}

function tierNeeds(
  { tiers, keyspace, instances }: Scenario,
  target: Target,
  contentBytes: number,
): Partial<Record<TierName, MemoryNeed>> {
  const bytesOf = (entries: number): number =>
    (contentBytes / keyspace.keys + ENTRY_OVERHEAD_BYTES) * Math.min(entries, keyspace.keys);
  const all = bytesOf(keyspace.keys);
  const l1Bytes = Math.min(tiers.l1.maxBytes, bytesOf(tiers.l1.maxEntries)) * instances;
  return {
    l1: { what: instances === 1 ? 'L1' : `${instances} L1s`, bytes: l1Bytes },
    ...(target.redis === undefined && {
      redis: { what: 'Redis', bytes: Math.min(tiers.redis.maxMemoryBytes, all) },
    }),
    ...(target.memcached === undefined && {
      memcached: { what: 'Memcached', bytes: Math.min(tiers.memcached.maxMemoryBytes, all) },
    }),
  };
}

function processNeed({ instances }: Scenario, { processBytes }: Machine): MemoryNeed {
  return instances === 1
    ? { what: 'this process', bytes: processBytes }
    : { what: `${instances + 1} processes`, bytes: (instances + 1) * processBytes };
}

function sum(needs: readonly MemoryNeed[]): number {
  return needs.reduce((total, { bytes }) => total + bytes, 0);
}
