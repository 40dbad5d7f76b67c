import { expect, test } from 'vitest';
import { type Machine, memoryNeeds, requireMemory } from '../../../src/bench/memory-need.ts';
import { parseScenario } from '../../../src/config/scenario-file.ts';
import type { Scenario } from '../../../src/config/scenario.ts';
import type { Target } from '../../../src/testbed/target.ts';

const GIB = 2 ** 30;
const machine: Machine = { totalBytes: 8 * GIB, processBytes: 0 };
const scenarioOf = (text: string): Scenario => parseScenario(`name: x\nkind: load\n${text}`, 'x.yaml');
const total = (scenario: Scenario, target: Target = {}, on = machine): number =>
  memoryNeeds(scenario, target, on).reduce((sum, { bytes }) => sum + bytes, 0);

const SERVER = `keyspace: { keys: 100000000 }
values: { size: 1KiB }
tiers: { redis: { max_memory: 16GiB } }
variants: [{ id: redis, tiers: [redis] }]`;

test('a private server needs what its entries are, up to its bound', () => {
  expect(total(scenarioOf(SERVER))).toBe(16 * GIB);
  const few = scenarioOf(SERVER.replace('100000000', '1000'));
  expect(total(few)).toBeGreaterThan(1000 * 1024);
  expect(total(few)).toBeLessThan(2000 * 1024);
});

test('a server elsewhere needs nothing here', () => {
  expect(total(scenarioOf(SERVER), { redis: 'redis://elsewhere' })).toBe(0);
});

test('each instance has a process and an in-process tier of its own', () => {
  const scenario = scenarioOf(`instances: 10
keyspace: { keys: 1000000 }
tiers: { l1: { max_entries: 1000000, max_size: 64MiB } }
variants: [{ id: l1, tiers: [l1] }]`);
  expect(total(scenario)).toBe(10 * 64 * 2 ** 20);
  expect(total(scenario, {}, { ...machine, processBytes: GIB })).toBe(10 * 64 * 2 ** 20 + 11 * GIB);
});

test('an in-process tier is bounded by entries as by bytes', () => {
  const scenario = scenarioOf(`keyspace: { keys: 1000000 }
values: { size: 1000B }
tiers: { l1: { max_entries: 10, max_size: 64MiB } }
variants: [{ id: l1, tiers: [l1] }]`);
  expect(total(scenario)).toBeLessThan(10 * 1300);
});

test('the variant that needs most counts', () => {
  const both = scenarioOf(
    SERVER.replace('[{', '[{ id: none, tiers: [] }, {').replace('}]', '}, { id: end, tiers: [] }]'),
  );
  expect(total(both)).toBe(16 * GIB);
});

test('what the machine does not have is refused with figures', () => {
  const needs = memoryNeeds(scenarioOf(SERVER), {}, machine);
  expect(() => requireMemory(needs, machine, 'x.yaml')).toThrow(
    expect.objectContaining({
      code: 'BAD_SCENARIO',
      message: expect.stringMatching(
        /^x\.yaml: it takes 16\.0 GiB .*Redis 16\.0 GiB.* this machine has 8\.0/,
      ),
    }),
  );
  expect(() => requireMemory(needs, { ...machine, totalBytes: 16 * GIB }, 'x.yaml')).not.toThrow();
});
