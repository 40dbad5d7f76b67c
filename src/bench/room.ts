import type { Scenario } from '../config/scenario.ts';

/** The scenario with the in-process tier as large as this share of its keys; entries alone bound it. */
export function withRoom(scenario: Scenario, room: number | undefined): Scenario {
  if (room === undefined) return scenario;
  const maxEntries = Math.max(1, Math.round(room * scenario.keyspace.keys));
  const l1 = { ...scenario.tiers.l1, maxEntries, maxBytes: Number.MAX_SAFE_INTEGER };
  return { ...scenario, tiers: { ...scenario.tiers, l1 } };
}
