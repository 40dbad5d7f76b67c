import { expect, test } from 'vitest';
import { withRoom } from '../../../src/bench/room.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';

test('the room is entries alone, at least one', () => {
  const scenario = parseScenario('name: x\nkind: eviction\nkeyspace: { keys: 1000 }', 'x.yaml');
  expect(withRoom(scenario, 0.0155).tiers.l1).toMatchObject({ maxEntries: 16, ttlMs: 60_000 });
  expect(withRoom(scenario, 0.0155).tiers.l1.maxBytes).toBeGreaterThan(2 ** 40);
  expect(withRoom(scenario, 0.0001).tiers.l1.maxEntries).toBe(1);
  expect(withRoom(scenario, undefined)).toBe(scenario);
});
